"""A language model as judge: opinions beside the scores, never among them."""
