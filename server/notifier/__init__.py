"""Telling people something outside of chat: codes and notices by mail, later by SMS (SPEC D1).

``base.py`` is the interface, ``smtp.py`` sends mail, ``log.py`` writes into the log of a demo, ``memory.py`` keeps what was sent.
"""
