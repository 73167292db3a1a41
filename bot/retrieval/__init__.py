"""The facts that bear on a question, where it belongs, and what is missing."""
