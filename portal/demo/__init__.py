"""Demo data: six invented clients and thirteen months of their business, from one seed."""
