"""The commands beside serve and ask, and how a terminal shows what they say."""
