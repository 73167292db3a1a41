"""What a change of the corpus does: to the answers of a suite, and to what was said before."""
