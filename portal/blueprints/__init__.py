"""HTTP: parse, ask once, render."""
