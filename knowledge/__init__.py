"""The corpus, and the search index made of it."""
