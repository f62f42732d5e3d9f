"""What presence asks of the evaluator of visibility (DESIGN 8), which is plugged in.

Presence decides nothing of who may see whom. Answers are as of the newest applied position; what changes them is told to
``CompanyPresence``.
"""

import enum
from collections.abc import Hashable, Sequence
from typing import Protocol

from server.org.organisation import Organisation

ViewClass = Hashable


class Where(enum.StrEnum):
    """The place at which a member is watched one by one."""

    TREE = "tree"
    CONTACT = "contact"
    DIRECT = "direct"


class Visibility(Protocol):
    """Of one company."""

    @property
    def organisation(self) -> Organisation:
        """As it is now; another one when it had to be read anew."""

    def view_class(self, viewer: int) -> ViewClass:
        """Members with equal values see the same of the tree."""

    def seats(self, view_class: ViewClass, target: int) -> Sequence[int]:
        """The units in which ``target`` is shown to this class, none where he may not be found there.

        Who is not active is shown in none; nobody is counted anywhere but in these and above them.
        """

    def may_have_presence(self, viewer: int, target: int, where: Where) -> bool:
        """Where he may be found; at ``CONTACT`` and ``DIRECT`` also who is tied to the viewer by that, hidden or not."""
