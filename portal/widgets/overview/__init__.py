"""The client's Overview: each card made of the catalog's answers, ready for its template."""
