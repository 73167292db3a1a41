"""Answers and plans to take away: one document model, written as Word, PDF and Markdown."""
