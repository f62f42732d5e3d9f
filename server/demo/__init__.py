"""The demo company: something to look at and to try things with (SPEC R1, DESIGN 13 'First run').

``content.py`` is what there is to see, ``plan.py`` brings it into the order of time, ``service.py`` makes company and people by
the product's own services, ``talks.py`` lets them say it through the writer, ``kept.py`` remembers the passwords that were drawn for it.
"""
