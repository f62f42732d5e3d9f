"""The audit trail: who did what in the administration (promise V6). ``service.py`` is the way to act and to look."""
