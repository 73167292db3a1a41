"""Prompt files for language-model writers; the extractive writer needs none."""
