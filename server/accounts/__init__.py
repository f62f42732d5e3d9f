"""Accounts: signing in by name and password or by a robot's token, and choosing a new password (SPEC D1, A4).

Start with ``service.py``. ``names.py``, ``throttle.py`` and ``rules.py`` decide from values alone; ``passwords.py`` hashes in threads with
a bounded queue; ``codes.py`` and ``well_known.py`` are what first passwords are and what new ones may not be.
"""
