"""Presence on the tree (SPEC G1 to G6, DESIGN 9).

Connections become facts of sessions (``sessions.py``), the facts of all nodes a member's standing (``standings.py``, merged by
``statuses.py``), standings the pictures of units, one for each view class that somebody watches (``counts.py``, ``flush.py``). Who
watches what is in ``watching.py`` and ``people.py``. ``company.py`` joins these for one company, ``service.py`` for the node.
Start with ``company.py``.
"""
