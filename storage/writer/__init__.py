"""The message writer: what has arrived becomes one transaction in its turn (LOG A).

``entries.py`` what can arrive; ``loaded.py`` what the look-up found; ``decide.py`` the rules, pure; ``algorithm.py`` the five steps
over an adapter's statements; ``batch.py`` gathering, halving, running again; the adapters are ``sqlite.py`` and ``postgres.py``.
"""
