"""What a page shows, as frozen values: charts, sparklines, changes, the filter bar, the brand."""
