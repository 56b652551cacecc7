"""Pages of the agency, under `/admin/`."""
