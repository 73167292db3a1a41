"""Whether a sentence follows from the facts it cites."""
