"""The API for programs: facts and events in, rows and numbers out. A key opens it, no cookie."""
