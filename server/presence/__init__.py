"""Presence on the tree (SPEC G1 to G6, DESIGN 9).

Connections become facts of sessions (``sessions.py``), the facts of all nodes a member's standing (``standings.py``, merged by
``statuses.py``), standings the pictures of units, one for each view class that somebody watches (``counts.py``, ``views.py``, ``flush.py``,
``frames.py``). Who watches what is in ``watching.py`` and ``people.py``. ``company.py`` joins these for one company (when: ``beats.py``),
``service.py`` for the node (how much at a time: ``turns.py``). None of that does I/O. Around it: ``wishes.py`` what members wish,
``following.py`` what the feed brings, ``sight.py`` and ``ties.py`` what the evaluator is asked with, ``keeping.py`` what outlives the node.
Start with ``company.py``.
"""
