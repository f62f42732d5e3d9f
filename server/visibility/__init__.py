"""Who may know of whom (DESIGN 8). ``service.py`` is the only way to another member's data; ``profiles.py`` makes the cards."""
