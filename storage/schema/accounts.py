"""Who signs in and who everything names: accounts, login names, members, numbers, sessions (DESIGN 4, SPEC D1, D2)."""

import sqlalchemy as sa

from .types import Bytes, Text, counter, flag, maybe, number, table, text

accounts = table(
    "accounts",
    number("id", primary_key=True, autoincrement=False),
    sa.Column("password_hash", Text),  # argon2id, or a salted one-time code; the form is told by its beginning
    counter("password_version"),  # rises when it is changed or reset, not when the same one is hashed anew
    flag("must_change_password"),
    maybe("only_company"),  # after its administrator's reset, until the person confirms: the password opens this company's member alone
    number("created_at"),
    maybe("password_changed_at"),
)

login_names = table(
    "login_names",
    sa.Column("name", Text, primary_key=True),  # folded: lower case, phones as +86…
    text("kind"),  # number, domain, phone, mail
    number("account"),
    maybe("member"),  # a number goes to its member
    maybe("verified_at"),
    sa.Index(None, "account"),
)

login_codes = table(
    "login_codes",
    number("account"),
    text("kind"),  # phone, mail
    text("name"),  # folded, as it will be a login name
    text("stored"),  # the code's salted hash
    number("sent_at"),
    number("expires_at"),
    counter("tries"),
    sa.PrimaryKeyConstraint("account", "kind"),
    sa.Index(None, "expires_at"),
    rowid=False,
)

members = table(
    "members",
    number("id", primary_key=True, autoincrement=False),
    number("company"),
    maybe("account"),
    text("kind", default="person"),  # person, robot
    text("state", default="active"),  # draft, active, disabled, deleted
    text("state_reason"),
    text("number"),
    text("name"),
    text("nickname"),
    text("gender"),
    text("job_title"),
    text("phone"),
    text("mail"),
    text("signature"),
    number("created_at"),
    maybe("joined_at"),
    maybe("state_at"),  # since when he is in this state
    text("employee_no"),
    text("avatar"),  # a file
    text("description"),
    text("star_sign"),
    text("office_phone"),
    text("tags", default="[]"),  # JSON, a list of texts
    text("pinyin"),  # as an administrator corrected it, syllables apart; nothing: as the name is read
    flag("is_hidden"),
    flag("is_phone_private"),  # he shows it to nobody, whatever the company's rule
    text("last_seen_shown", default="shown"),  # to whom he shows when he was there last: shown, own_unit, hidden
    maybe("role"),  # robots have none
    text("last_day"),  # 2026-09-30, in the company's time zone; disabled at its end
    flag("is_last_day_told"),  # administrators know of it
    maybe("successor"),  # who takes over on leaving, chosen ahead
    sa.Index(None, "company", "number", "id"),
    sa.Index(None, "company", "state"),
    sa.Index(None, "company", "role"),
    sa.Index(None, "account"),
    sa.Index(
        "ix_members_last_day",
        "last_day",
        sqlite_where=sa.text("last_day <> ''"),
        postgresql_where=sa.text("last_day <> ''"),
    ),
)

information_scopes = table(
    "information_scopes",
    number("company"),
    number("member"),
    number("unit"),  # with all below it; at most three, and none means the whole company
    sa.PrimaryKeyConstraint("company", "member", "unit"),
    sa.Index(None, "company", "unit"),
    rowid=False,
)

member_fields = table(
    "member_fields",
    number("company"),
    number("member"),
    number("field"),
    text("value"),
    sa.PrimaryKeyConstraint("company", "member", "field"),
    rowid=False,
)

numbers = table(
    "numbers",
    text("number"),
    number("held_from"),
    maybe("held_to"),
    number("company"),
    number("member"),
    sa.PrimaryKeyConstraint("number", "held_from"),
    sa.Index(None, "member"),
)

robot_tokens = table(
    "robot_tokens",
    sa.Column("hash", Bytes, primary_key=True),  # SHA-256
    number("member"),
    number("created_at"),
    maybe("last_used_at"),
    sa.Index(None, "member"),
)

sessions = table(
    "sessions",
    number("id", primary_key=True, autoincrement=False),
    number("member"),
    number("company"),
    maybe("account"),
    text("device"),
    text("device_class"),
    text("device_name"),
    text("client"),
    text("address"),
    number("created_at"),
    number("last_seen_at"),
    sa.Column("token_hash", Bytes, nullable=False),  # SHA-256 of the secret
    sa.Column("previous_hash", Bytes),  # valid until the new one was used once
    number("rotated_at"),
    maybe("ended_at"),
    text("end_reason"),
    sa.Index(
        "ix_sessions_open",
        "member",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(  # when somebody signed in last; apart from the open ones, which signing in and resuming read
        "ix_sessions_ended",
        "member",
        "created_at",
        sqlite_where=sa.text("ended_at IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    ),
    fill=80,
)

sign_in_failures = table(
    "sign_in_failures",
    sa.Column("subject", Bytes, primary_key=True),  # SHA-256 of the name as typed, or of the address
    counter("failures"),
    number("window_from"),
    counter("locks"),  # how often in a row it was locked: each lock is longer
    counter("locked_until"),
    sa.Index(None, "window_from"),
)
