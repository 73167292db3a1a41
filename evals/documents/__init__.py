"""A collection of real-shaped files with known answers, made anew by `python -m evals.documents.make`."""
