"""Frequent contacts (常用联系人), own contact groups, recent contacts (SPEC G4, B6). Start with ``service.py``."""
