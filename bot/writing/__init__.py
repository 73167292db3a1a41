"""The sentences of an answer, chosen and put together, not yet checked."""
