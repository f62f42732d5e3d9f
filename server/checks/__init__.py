"""What `yizhan check` looks at: the usual faults of an installation, each with what to do about it (SPEC R3).

``rules.py`` judges values alone; ``machine.py`` and ``database.py`` look, a small function a check; ``service.py`` is the list of all. A
new check is a rule, a look, and a line in that list.
"""
