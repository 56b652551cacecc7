"""What workers run, and when. Thin: name the client, call one function."""
