"""The search index: passages, vectors, words, and rankings made one."""
