"""Shapes that maps draw themselves, so that no chart asks the network for them."""
