"""The rulebook: pages on which the instruments of the corpus are browsed, searched and read."""
