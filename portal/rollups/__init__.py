"""Derived rows and rollups: rebuilt from facts, never edited."""
