"""Models of category 06: what should we do.

Shells import from the modules, so that a change of one model does not decide the others anew.
"""
