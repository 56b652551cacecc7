"""Facts: rows that say something happened at an instant. One module a subject."""
