"""The tables that the source documents name, as views for BI tools, generated from the catalog."""
