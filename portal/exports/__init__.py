"""Bytes made of results: one module a format."""
