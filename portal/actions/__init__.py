"""What people do: use cases, each in one transaction that its caller commits."""
