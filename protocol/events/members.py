"""Members: their cards, and who is found."""

from typing import Literal

import msgspec

from .frame import Answer, Frame

MemberState = Literal["active", "disabled", "deleted"]
"""Disabled: messages to him wait until he is back, show '已停用'. Deleted: nobody reads what is written to him, show '已离职'."""


class MemberInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """The card of a member.

    ``fields``: those of the company's own, by their names. Of oneself in `get_profile` alone: ``bound``, which of phone and mail are login
    names, and ``phone_private``.
    """

    member: str
    name: str
    number: str = ""
    kind: Literal["person", "robot"] = "person"
    state: MemberState = "active"
    company: str = ""
    nickname: str = ""
    gender: str = ""
    job_title: str = ""
    phone: str = ""
    mail: str = ""
    signature: str = ""
    units: tuple[str, ...] = ()
    star_sign: str = ""
    office_phone: str = ""
    employee_no: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    bound: tuple[Literal["phone", "mail"], ...] = ()
    phone_private: bool = False


class FoundMember(msgspec.Struct, frozen=True, array_like=True):
    """Who was found: ``[member, name, units, robot]``; ``units``: the ids of those in which the viewer sees him."""

    member: str
    name: str
    units: tuple[str, ...] = ()
    robot: bool = False


class Profile(Answer, frozen=True, tag="profile"):
    profile: MemberInfo


class MembersFound(Answer, frozen=True, tag="members_found"):
    """``total``: how many the viewer finds in all."""

    members: tuple[FoundMember, ...]
    total: int
    page: str = ""


class DirectoryPage(Answer, frozen=True, tag="directory_page"):
    """``total``: how many are in the list. ``letters``, on the first page: how many of the list without a letter stand under each."""

    members: tuple[FoundMember, ...]
    total: int
    letters: dict[str, int] = msgspec.field(default_factory=dict)
    page: str = ""


class ProfileChanged(Frame, frozen=True, tag="profile_changed"):
    """One's own card changed, or ``state`` of somebody whom one knows from a conversation or has among one's contacts."""

    member: str
    state: MemberState = "active"
