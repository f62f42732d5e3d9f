"""The directory of a company: how names are read, the order in which members stand, and finding one among 100,000 (SPEC B8).

Start with ``pinyin.py`` (a name as tokens with their readings); ``order.py`` sorts by it; ``search.py`` is the index. ``service.py`` and
``lists.py`` answer what members ask, from ``pictures.py``. Who may be found by whom is asked of whoever calls (DESIGN 8).
"""
