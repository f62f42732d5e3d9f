"""Coming in, and one's sessions."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .command import NO_NUL, Command, Id, Number, Word

Password = Annotated[str, Meta(min_length=1)]  # how long one may be is told by an error of its own
Token = Annotated[str, Meta(min_length=1, max_length=200)]
DeviceClass = Literal["desktop", "phone", "web", "terminal"]
AddressKind = Literal["phone", "mail"]
Address = Annotated[str, Meta(min_length=1, max_length=320, pattern=NO_NUL)]


class Device(msgspec.Struct, frozen=True, omit_defaults=True):
    """``{"id": "d3b0…", "class": "desktop", "name": "Li Na's laptop"}``; ``id`` is drawn once by the installation."""

    id: Annotated[str, Meta(min_length=8, max_length=64, pattern=NO_NUL)]
    device_class: DeviceClass = msgspec.field(name="class")
    name: Word = ""


class Hello(Command, frozen=True, tag="hello"):
    """The first frame: ``{"type": "hello", "request": 1, "version": 1, "client": "yizhan-sdk/0.1", "language": "zh"}``."""

    version: Number
    client: Word = ""
    language: Word = "en"


class SignIn(Command, frozen=True, tag="sign_in"):
    """By account number or another verified login name. ``member`` chooses where an account has several (error `sign_in.choose_member`)."""

    name: Annotated[str, Meta(min_length=1, max_length=320, pattern=NO_NUL)]
    password: Password
    device: Device
    member: Word = ""


class SignInWithToken(Command, frozen=True, tag="sign_in_with_token"):
    """Robots: ``{"type": "sign_in_with_token", "request": 2, "token": "yzr_…", "device": {…}}``."""

    token: Token
    device: Device


class Resume(Command, frozen=True, tag="resume"):
    """Come back with the session's token: ``{"type": "resume", "request": 2, "token": "yzs_…"}``. Never hashes a password."""

    token: Token


class ChangePassword(Command, frozen=True, tag="change_password"):
    """The one command that a session with an initial password may give. Ends the member's other sessions."""

    old: Password
    new: Password


class SendCode(Command, frozen=True, tag="send_code"):
    """A code goes to this mobile number or mail address: ``{"type": "send_code", "request": 4, "kind": "mail", "address": "…"}``.

    Type it into `bind`. The one that was sent before is worth nothing any more.
    """

    kind: AddressKind
    address: Address


class Bind(Command, frozen=True, tag="bind"):
    """With the code that came, the address is a login name, instead of the one of this kind before, and stands on one's card."""

    kind: AddressKind
    address: Address
    code: Annotated[str, Meta(min_length=1, max_length=40, pattern=NO_NUL)]


class SignOut(Command, frozen=True, tag="sign_out"):
    """Ends this session: its token is worth nothing any more."""


class ListSessions(Command, frozen=True, tag="list_sessions"):
    """The member's own sessions."""


class EndSession(Command, frozen=True, tag="end_session"):
    """End one of one's own sessions; its connections close within 2 s."""

    session: Id


class Ping(Command, frozen=True, tag="ping"):
    """Answered by `done` when everything before it was taken: a barrier."""
