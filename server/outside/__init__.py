"""Outside contacts (SPEC H1): members of other companies and personal accounts. Start with ``rules.py``: who may, and what is held.

``asking`` (requests), ``contacts`` (remarks, ending, blocking), ``reporting``, ``pages`` are what members do; ``holding`` brings what
companies forbid to the writer, ``handover`` is what becomes of a leaver's.
"""
