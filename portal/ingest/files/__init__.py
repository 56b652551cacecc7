"""Files in: reading, guessing and mapping them. What comes out are items for `ingest.facts`."""
