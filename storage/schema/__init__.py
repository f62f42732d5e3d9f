"""The tables, a module for each subject. ``metadata`` knows them all."""

from . import accounts, audit, companies, conversations, installation, log
from .types import metadata

__all__ = ["accounts", "audit", "companies", "conversations", "installation", "log", "metadata"]
