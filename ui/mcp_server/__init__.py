"""The Model Context Protocol: what assistants that call tools may ask and look up here."""
