"""``yizhan member``: the members of a company, as its administrator would add and change them."""

from server.cli import (
    frame,
    member_add,
    member_card,
    member_fields,
    member_going,
    member_list,
    member_notify,
    member_scope,
    member_states,
    member_units,
)

app = frame.command(no_args_is_help=True)
member_add.join(app)
member_list.join(app)
member_states.join(app)
member_card.join(app)
member_units.join(app)
member_scope.join(app)
member_fields.join(app)
member_notify.join(app)
member_going.join(app)


@app.callback()
def member() -> None:
    """Add, list, move, change, disable, enable and delete members, give new first passwords, hand numbers on."""
