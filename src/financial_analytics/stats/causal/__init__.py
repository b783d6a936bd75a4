"""Effects of causes: what each design estimates, what could refute it, what it could have seen."""
