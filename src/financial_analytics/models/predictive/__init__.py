"""Models of category 05: what will happen.

Shells import from the modules: a change of one model must not train the others, and what this file
imports is part of the code of each.
"""
