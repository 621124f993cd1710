"""Kinds of file: what a file is, and the kinds that one module each reads."""
