"""Fact kinds. Adding one is one new module here (and its table)."""
