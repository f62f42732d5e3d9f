"""Sessions: the right of a device to be here, resumable by a token (SPEC D2, D6, DESIGN 13).

Start with ``service.py``. ``rules.py`` decides what a new session ends and what a token is worth; ``tokens.py`` is how tokens look and
how one follows from another.
"""
