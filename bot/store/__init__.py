"""What the server keeps of conversations, in a database."""
