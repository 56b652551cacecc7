"""Tables: columns, keys, constraints. No queries, no rules."""
