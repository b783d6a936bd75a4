"""A build does only what has news: what each node was made from, and whether that is the same."""
