"""Roles, and who may do what (SPEC C1 to C5). ``permissions.py`` is the one table of what can be permitted.

``rules.py`` decides, from values alone; ``asking.py`` loads them inside another subject's act; ``service.py`` is the acts on roles
themselves. How far a permission goes is ``reach.py``.
"""
