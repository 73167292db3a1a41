"""Prompts for language models, one Markdown file each in Chinese and English; see `bot/model/prompt.py`."""
