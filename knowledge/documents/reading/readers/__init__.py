"""Readers, one module a family of formats; each has `read(source) -> Reading`.

They are imported one at a time, in the child process that reads: a text does not wait for the
libraries of a PDF.
"""
