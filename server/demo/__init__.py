"""The demo company: something to look at and to try things with (SPEC R1, DESIGN 13 'First run').

``content.py`` is what there is to see, ``plan.py`` brings it into the order of time, ``service.py`` makes it by the product's own services
and writer, ``kept.py`` remembers the passwords that were drawn for it.
"""
