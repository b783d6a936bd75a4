"""Random sequences of commands, each run to its end or stopped, and what must hold after each."""
