"""Processes: embedded PostgreSQL and Valkey, and the portal's own web, worker and scheduler."""
