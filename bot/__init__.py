"""The engine: from a question to a checked answer."""
