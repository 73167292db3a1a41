"""Benchmarks: how fast the engine answers, in figures that bear comparison between machines."""
