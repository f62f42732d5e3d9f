"""Who may know of whom (DESIGN 8). Start with ``evaluator.py``: ``can_see`` is the one answer, and it names what decided.

``terms`` has the words of questions and answers, ``policy`` what a company settled; ``ground`` (the tree), ``classes`` (view classes),
``find`` (tree, search, counts), ``know`` (ties), ``fields`` (privacy) decide parts of it from values alone. ``loading`` has the rows,
``service`` is the only way to another member's data; ``profiles`` makes the cards.
"""
