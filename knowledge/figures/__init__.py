"""Figures of Chinese and English texts, as values that can be compared."""
