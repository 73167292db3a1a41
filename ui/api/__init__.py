"""The HTTP API of Hugang's own."""
