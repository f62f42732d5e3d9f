"""The organisation tree and who is in it (SPEC B1 to B5, B8 to B10).

Begin with ``organisation.py``, a picture of one company in memory with the questions that everything asks of it; ``loading.py`` makes it
from the database and keeps it by the company's log. What decides is pure: ``rules.py`` of the tree, ``placing.py`` of who is where and
heads what, ``cards.py``, ``field_rules.py`` and ``days.py`` of what is kept of a member, ``paths.py`` of how units are named. The acts:
``service.py`` on units, ``members.py`` on members, ``leaving.py`` where they go, ``fields.py`` on fields of the company's own, ``own.py``
of a member on himself. Coming, and a company's settings, are ``server.companies``.
"""
