"""What a company settled about who sees whom: rules between units, privacy of fields, and whom an administrator is over (SPEC B9, C2).

Values alone; they are loaded by ``loading`` and applied by the evaluator.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from server.visibility.terms import Shown

HIDE, OTHER_UNITS, NOBODY = "hide", "other_units", "nobody"
RuleKind = Literal["hide", "other_units", "nobody"]


class Parties(msgspec.Struct, frozen=True):
    """Units, each with all below it, and members by name."""

    units: frozenset[int] = frozenset()
    members: frozenset[int] = frozenset()


class Rule(msgspec.Struct, frozen=True):
    """A rule between units that is in force.

    ``hide``: the bound are seen by each other and by the white list alone. ``other_units``: the bound see the bound units that they are
    in, and the white list. ``nobody``: the bound see the white list alone. Who is exempted is not bound.

    It is about the company's own directory, as WeCom's rules and DingTalk's are: all that either lets one name is units, members and tags
    or roles of the company, so nobody outside could be put on a white list; outside contacts have settings of their own. So whoever is
    bound, by ``nobody`` too, knows and writes to members of other companies as if there were no rule: in conversations that he shares with
    them and as contacts. Who may talk with outsiders at all is the permission ``chat.outside`` and the company's setting (SPEC H1, C2);
    ``server.outside`` has both.
    """

    id: int
    kind: RuleKind
    bound: Parties
    white_list: Parties = Parties()
    exempted: Parties = Parties()
    may_search: bool = False
    may_write: bool = False

    @property
    def binds_viewers(self) -> bool:
        return self.kind != HIDE

    @property
    def names(self) -> frozenset[int]:
        """The members whom it names, so that they may be seen otherwise than others in their units."""
        return self.bound.members | self.white_list.members | self.exempted.members


class Reach(msgspec.Struct, frozen=True):
    """Where a member manages the organisation or reads logs: these very units (nothing below them is meant), or all."""

    units: frozenset[int] = frozenset()
    is_all: bool = False


class Policy(msgspec.Struct, frozen=True):
    """``rules`` in the order in which they are named to who asks why. ``fields``: by name; who is not in it is shown.

    ``narrowed``: what members narrowed themselves. ``administrators``: everybody who is over somebody.
    """

    rules: tuple[Rule, ...] = ()
    fields: Mapping[str, Shown] = {}
    narrowed: Mapping[int, Mapping[str, Shown]] = {}
    administrators: Mapping[int, Reach] = {}


NO_REACH = Reach()
