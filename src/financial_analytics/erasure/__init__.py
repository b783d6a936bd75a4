"""Erasing customers: out of bronze and of all that is made of it, and not back by a later file."""
