"""Pages of one client, under `/c/<slug>/`."""
