"""Before a client is chosen: signing in, letters with links, a person's own account."""
