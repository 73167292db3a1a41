"""A language model words the answer: what it is told, what comes of it."""
