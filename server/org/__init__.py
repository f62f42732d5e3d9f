"""The organisation tree and who is in it (SPEC B1 to B5, B8 to B10).

``organisation.py`` is a picture of one company in memory with the questions that everything asks of it; ``rules.py`` decides what may
be done to the tree, ``placing.py`` who may be where and who heads what; ``service.py`` and ``members.py`` are the acts.
"""
