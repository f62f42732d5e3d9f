"""The tables, a module for each subject. ``metadata`` knows them all."""

from . import accounts, audit, companies, contacts, conversations, installation, jobs, log, outside, presence, roles, visibility
from .types import metadata

__all__ = [
    "accounts",
    "audit",
    "companies",
    "contacts",
    "conversations",
    "installation",
    "jobs",
    "log",
    "metadata",
    "outside",
    "presence",
    "roles",
    "visibility",
]
