"""Where frameworks and language models meet the engine: one file each."""
