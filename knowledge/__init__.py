"""The corpus, and the search index made of it."""

import os

# The searches multiply one vector with some thousand rows. On threads of its own OpenBLAS does that
# no faster and then spins, which takes the cores from the embedder: 258 against 141 ms an answer.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
