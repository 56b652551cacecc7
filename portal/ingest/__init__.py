"""The only writer of facts: reads items, tells new from known, stores, marks what changed."""
