"""``yizhan org tree --as NUMBER``: the tree as that member sees it, with the names in it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from server.cli import frame

if TYPE_CHECKING:
    from server.cli.office import Office
    from server.directory.seen import Seen


async def seen(office: "Office", company: str | None, who: str) -> list[dict[str, Any]]:
    """Without ``company`` it is the member's. Raises: CompanyNotFound, MemberNotFound."""
    from server.directory.seen import SeenService

    theirs = company or await office.company_of(who, "org.seen")
    await office.check_members(theirs, [who], "org.seen")
    return [_row(one) for one in await SeenService(office.storage).tree(office.actor, theirs, who)]


def _row(one: "Seen") -> dict[str, Any]:
    unit = one.unit
    return {
        "unit": unit.unit if unit else "",
        "name": unit.name if unit else "",
        "depth": one.depth,
        "count": unit.count if unit else len(one.members),
        "by_name_alone": bool(unit and unit.way),
        "members": [{"member": member.member, "name": member.name, "head": member.head} for member in one.members],
    }


def show(rows: list[dict[str, Any]], *, json: bool) -> None:
    """What he sees; nothing is said, too."""
    if json:
        frame.show(rows, json=True)
        return
    for line in _drawn(rows):
        frame.say(line)
    if not rows:
        frame.say("sees nothing of the tree")


def _drawn(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        indent = "   " * row["depth"]
        if not row["unit"]:
            yield "in no unit"
        else:
            count = str(row["count"]) + ("  the way only" if row["by_name_alone"] else "")
            yield f"{indent}{row['name']}  {frame.dim(count)}"
        for member in row["members"]:
            head = {"first": "first head", "other": "head"}.get(member["head"], "")
            yield f"{indent}   · {member['name']}{'  ' + frame.dim(head) if head else ''}"
