"""What a file may be. Each limit is named in the refusal that it causes."""

LINE_BYTES = 64 * 1024
"""A record, with all lines of a quoted cell, is no longer than this."""
RECORD_LINES = 200
COLUMNS = 200
PREVIEW_ROWS = 50
BATCH_ROWS = 1000
ERRORS_KEPT = 100_000
"""Refusals that are kept with their reason; all are counted."""
SAMPLE_BYTES = 256 * 1024
SAMPLE_PLACES = 20
"""Besides its start, a file is looked at in this many places, for evidence."""
PLACE_BYTES = 16 * 1024
CELL_SHOWN = 120

WORKBOOK_BYTES = 10 * 1024 * 1024
WORKBOOK_UNPACKED_BYTES = 100 * 1024 * 1024
WORKBOOK_RATIO = 100
WORKBOOK_ENTRIES = 1000
WORKBOOK_SECONDS = 60
WORKBOOK_MEMORY_BYTES = 1024 * 1024 * 1024
