"""Companies, their units and members, as administrators make and change them (SPEC A1, A4, B1, B3, B5, B8).

``rules.py`` says what may be made, ``service.py`` is the administrative acts, each with its audit entry.
"""
