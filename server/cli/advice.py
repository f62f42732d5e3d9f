"""What to do about an error that a command ended with: the line below it. By the error's code; an error may bring its own as ``advice``."""

from collections.abc import Mapping

ADVICE: Mapping[str, str] = {
    "settings.invalid": "correct them and try again; `yizhan config doc` tells what each setting takes",
    "server.cannot_listen": "end the process that listens there, or choose another port: --port, or gateway.port in the settings",
    "server.already_served": "end that server first, or give this one another data folder: YIZHAN_SERVER__DATA, or server.data in the file",
    "storage.away": "see that the database runs and is reached: `yizhan check` looks at it; then run the same again, which does no harm",
    "storage.behind": "run `yizhan migrate` (with the server stopped; make a copy of the database before)",
    "batch.stopped": "what is listed as done is done; see to the reason, then run it for the others. A first password that was not shown "
    "is drawn anew by `yizhan member reset-password`",
    "company.not_found": "`yizhan company list` shows the companies that there are",
    "company.number_taken": "choose another number; `yizhan company list` shows those that are taken",
    "company.seats_exhausted": "nobody else was added; who is disabled keeps the seat, who is deleted gives it back. "
    "The operator gives more: yizhan company set NUMBER --seats N",
    "member.not_found": "`yizhan member list` shows the members and their numbers",
    "member.disabled": "`yizhan member enable NUMBER` lets the member in again",
    "session.not_found": "`yizhan sessions list NUMBER` shows a member's sessions with their ids",
    "number.taken": "choose another number, or none: the next free one is taken then",
    "number.exhausted": "give the company a further segment: yizhan company add-segment NUMBER FIRST LAST",
    "number.not_in_segment": "`yizhan company segments NUMBER` shows the company's segments; `yizhan company add-segment` gives it more",
    "segment.taken": "choose other numbers: a number is one company's alone",
    "unit.not_found": "`yizhan org tree` shows the units; one is named by its path, such as Sales/North; a member by --member NUMBER",
    "unit.ambiguous": "`yizhan org tree --json` shows the paths",
    "unit.not_empty": "put them elsewhere first: yizhan org place NUMBER UNIT",
    "unit.successor_needed": "say who follows: --successor UNIT=NUMBER",
    "unit.members_limit": "put some elsewhere, or under a unit of their own",
    "unit.head_unfit": "`yizhan member activate NUMBER` or `enable` comes first",
    "unit.head_stays": "`yizhan org head UNIT NUMBER` names another first head",
    "member.not_in_unit": "put the member into it first, beside the other units: yizhan org place NUMBER UNIT...",
    "field.not_found": "`yizhan member fields` shows the company's own fields with their ids",
    "field.value_invalid": "`yizhan member fields` shows what each field takes",
    "unit_rule.not_found": "`yizhan visibility rules` shows the rules between units",
    "role.not_found": "`yizhan role list` shows the roles; one is named by its name, its kind such as ordinary, or its id",
    "role.in_use": "give its members another one by `yizhan role give`, the invited by `yizhan company set --invited-role`",
    "role.not_allowed": "`yizhan role explain NUMBER PERMISSION` tells which rule decides",
    "presence.invisible_not_allowed": "an administrator's `yizhan role edit ROLE --permit chat.invisible=self` allows it",
    "conversation.not_found": "name an account number, a conversation's id, or a group's name as `yizhan tail` shows it",
    "sign_in.wrong": "see that number and password are right; an administrator's `yizhan member reset-password NUMBER` gives a new one",
    "sign_in.locked": "wait, or let an administrator run `yizhan member reset-password NUMBER`, which ends the lock",
    "session.ended": "run it again: it signs in anew, with the password",
    "session.password_change_required": "give a new one: --new-password-file, or run it in a terminal and be asked",
    "sdk.session_over": "somebody ended it, or signed in elsewhere; run it again to sign in anew, where that is still allowed",
    "storage.full": "make room on the disk of the data folder or of the database, then try again",
}
BY_KIND: Mapping[str, str] = {
    "refused": "nothing was changed; the command's --help shows how it is called",
    "unknown": "it may or may not have been done; run the same again, which does no harm",
}


def advice(error: Exception) -> str:
    """Of ours, or of the SDK, whose errors have a code too."""
    return getattr(error, "advice", None) or ADVICE.get(getattr(error, "code", "")) or BY_KIND[getattr(error, "kind", "refused")]


def advise(error: Exception, to_do: str) -> None:
    """Let ``error`` bring its own advice: the command knows more than the table does."""
    vars(error)["advice"] = to_do
