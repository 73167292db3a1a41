"""Suites that are not written by hand: made from cases and cards, imported, or begun by command."""
