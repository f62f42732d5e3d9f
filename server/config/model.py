"""Every setting of the server: its section, type, bounds, default, and below each the text that ``yizhan config doc`` prints.

Decides names and values that are sensible alone; what must fit together is ``server.config.rules``, where values come from
``server.config.sources``. Sizes and durations are plain numbers with the unit in the name.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from protocol import limits

CHECKOUT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024

Secret = Annotated[str, Meta(extra={"secret": "all"})]
DatabaseUrl = Annotated[str, Meta(extra={"secret": "in the address"})]
Port = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    def __repr__(self) -> str:
        """Without values: some are secret, and a section may get into a log by accident."""
        return f"<{type(self).__name__}>"


class Server(Section, frozen=True):
    """What all parts share."""

    data: Path = CHECKOUT / "data"
    """The folder of the embedded database and of files. A relative path is seen from the file that names it."""

    public_url: str = ""
    """Where people's browsers reach this server, such as https://im.example.com; allowed origins and security headers follow
    from it. Empty: http://127.0.0.1 with the port of [http]."""


class Database(Section, frozen=True):
    """Where everything is kept."""

    url: DatabaseUrl = ""
    """postgresql+asyncpg://user:password@host/name, or sqlite:////folder/file. Empty: yizhan.sqlite in the data folder."""


class Gateway(Section, frozen=True):
    """The WebSocket door for clients, and what one connection may cost (promise V7)."""

    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for all."""
    port: Port = 8800
    """0 takes a free one."""
    tls_certificate: Path | None = None
    """A PEM file with the certificate and, behind it, its chain (a fullchain.pem). Without it the door speaks no TLS: put it behind a
    proxy that does."""
    tls_key: Path | None = None
    """The PEM file of the certificate's key."""
    allowed_origins: tuple[str, ...] = ()
    """Pages that may connect from a browser, such as https://im.example.com. Empty: that of public_url alone."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose X-Forwarded-For is believed, such as 10.0.0.0/8."""
    ping_seconds: Seconds = limits.PING_SECONDS
    """How long a connection may be silent before it is asked whether it is there."""
    pong_seconds: Seconds = limits.PONG_SECONDS
    """How long it may take to answer; then it is closed."""
    authenticate_within_seconds: Seconds = limits.AUTHENTICATE_WITHIN_SECONDS
    """How long a new connection may take until its first sign-in or resume."""
    oldest_client: Annotated[int, Meta(ge=limits.OLDEST_VERSION, le=limits.PROTOCOL_VERSION)] = limits.OLDEST_VERSION
    """The oldest protocol version that is let in; older clients are told to update."""
    outgoing_bytes: Count = MIB
    """What may wait for one connection that takes nothing; beyond it is closed with 'resume' and fetches what it missed."""
    outgoing_frames: Count = 1024
    """The same, counted in frames."""
    outgoing_total_bytes: Count = 512 * MIB
    """What may wait for all connections together; beyond, the largest queue is closed first."""
    commands_under_way: Count = limits.COMMANDS_UNDER_WAY
    """Commands of one connection that may be worked on at once; then it is read no further until one is answered."""
    waiting_messages: Count = 50_000
    """Messages of all connections that may wait for the database; then nobody is read until it is less."""
    waiting_bytes: Count = 64 * MIB
    """The same, in bytes."""
    send_per_second: Annotated[float, Meta(gt=0)] = 30.0
    """Messages a second that one connection may send in the long run; over it, it is read more slowly, and nothing is refused."""
    send_burst: Count = 300
    """Messages that it may send at once before that rate holds."""
    commands_per_second: Annotated[float, Meta(gt=0)] = 100.0
    """The same for all other commands."""
    commands_burst: Count = 2_000
    """The same for all other commands."""


class Http(Section, frozen=True):
    """Files, pages, webhooks and the account center."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Port = 8801
    """0 takes a free one."""


class Metrics(Section, frozen=True):
    """Health, readiness and Prometheus metrics, on a port of their own: nothing there asks who one is."""

    host: str = "127.0.0.1"
    """The address to listen on; keep it where only your monitoring reaches it."""
    port: Port = 8802
    """0 takes a free one."""


class Sessions(Section, frozen=True):
    """How long one stays signed in, and on how many devices."""

    idle_days: Count = 30
    """A session that was not used for so long ends."""
    total_days: Count = 180
    """A session ends after so long in any case."""
    rotate_hours: Count = 24
    """A session's token is replaced at most this often."""
    per_member: Count = 20
    """Sessions that one member may have; a new one beyond ends the one that was idle longest."""
    connections: Count = 8
    """Connections (tabs) that one session may hold."""
    device_policy: Literal["one_per_class", "any"] = "one_per_class"
    """one_per_class: signing in on a second phone ends the session on the first. any: no such limit."""


class SignIn(Section, frozen=True):
    """Checking passwords, and slowing down who guesses them."""

    argon2_memory_kib: Annotated[int, Meta(ge=8192)] = 19_456
    """Memory for one check of a password (argon2id)."""
    argon2_time: Count = 2
    """Passes over that memory."""
    argon2_parallelism: Count = 1
    """Lanes of one check."""
    hashing_threads: Annotated[int, Meta(ge=0)] = 0
    """Passwords that are checked at the same time. 0: half the processors."""
    queue_seconds: Seconds = 5.0
    """Where the wait for a check would be longer, the answer is 'busy' with a time to come back."""
    failures_per_account: Count = 5
    """Wrong passwords for one login name, whether it exists or not, within the window below; then it is locked."""
    account_window_seconds: Count = 900
    """How long a wrong password counts against its login name."""
    lock_seconds: Count = 900
    """How long a login name stays locked."""
    failures_per_address: Count = 100
    """Wrong passwords from one address within the window below; then the address has to wait."""
    address_window_seconds: Count = 900
    """How long a wrong password counts against its address."""


class Codes(Section, frozen=True):
    """Codes by which people prove that a phone or a mail address is theirs."""

    valid_seconds: Count = 600
    """How long a code can be typed."""
    tries: Count = 5
    """How often one code may be typed, the right time included; then it is worth nothing."""
    again_seconds: Annotated[int, Meta(ge=0)] = 60
    """How long one has to wait for the next code."""
    per_account: Count = 5
    """Codes that one account may ask for within an hour; then it waits an hour, and longer each time."""
    per_target: Count = 5
    """Codes that go to one phone or address within an hour, whoever asks for them."""
    per_address: Count = 50
    """Codes that are asked for from one network address within an hour."""


class Organisation(Section, frozen=True):
    """Limits of companies' trees. Each company may settle others for itself."""

    root_units: Count = 200
    """Units directly under the top of a tree."""
    unit_members: Count = 160
    """Members directly in one unit."""


class Outside(Section, frozen=True):
    """Outside contacts: members of other companies, and people with personal accounts."""

    requests_a_day: Annotated[int, Meta(ge=0)] = 20
    """Requests to become an outside contact that one member makes within 24 hours; those that reach nobody count, too."""
    imported_a_day: Annotated[int, Meta(ge=0)] = 500
    """Contacts that one member brings over from an address book within 24 hours; each is a request."""


class Messages(Section, frozen=True):
    """What a message may be, and how long it may be changed."""

    recall_seconds: Annotated[int, Meta(ge=0)] = limits.RECALL_SECONDS
    """How long the sender may recall a message. 0: never."""
    edit_seconds: Annotated[int, Meta(ge=0)] = limits.EDIT_SECONDS
    """How long the sender may edit a message. 0: never."""


class Smtp(Section, frozen=True):
    """Mail with codes and notices. Without a host none is sent."""

    host: str = ""
    """The mail server that takes our mail."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    """587 for STARTTLS, 465 for TLS."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection to it is protected."""
    login: str = ""
    """The name to sign in with there. Empty: no sign-in."""
    password: Secret = ""
    """The password to sign in with there."""
    sender: str = ""
    """The address that mail comes from, such as 'Yizhan <im@example.com>'."""
    timeout_seconds: Seconds = 20.0
    """How long it may take to hand over one mail."""


class Log(Section, frozen=True):
    """What the server tells its operator, on standard error: one line an event."""

    format: Literal["auto", "json", "console"] = "auto"
    """auto: for people where standard error is a terminal, JSON otherwise."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important level that is shown."""


class Demo(Section, frozen=True):
    """A company to try things with."""

    company: bool = False
    """Make the demo company at the first start. Its passwords are printed, so it is refused where others can connect."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    server: Server = Server()
    database: Database = Database()
    gateway: Gateway = Gateway()
    http: Http = Http()
    metrics: Metrics = Metrics()
    sessions: Sessions = Sessions()
    sign_in: SignIn = SignIn()
    codes: Codes = Codes()
    organisation: Organisation = Organisation()
    outside: Outside = Outside()
    messages: Messages = Messages()
    smtp: Smtp = Smtp()
    log: Log = Log()
    demo: Demo = Demo()
