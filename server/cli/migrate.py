"""``yizhan migrate``: makes the database, or brings it to the schema of this program."""

from typing import TYPE_CHECKING

import typer

from server.cli import frame

if TYPE_CHECKING:
    from server.config.model import Settings

app = frame.command()


@app.command()
def migrate(ctx: typer.Context, config: frame.Config = None) -> None:
    """Make the database, or bring it to this program's schema. Stop the server before, and make a copy of the database.

    It does nothing where all is well already, so it may stand in front of every start.

    \b
    Examples:
      yizhan migrate
      yizhan migrate --config /etc/yizhan.toml
    """
    from server.cli.office import check_owner, make_folder
    from server.cli.served import check_not_served
    from storage.migrate import migrate as bring

    settings = frame.settings(ctx, config).settings
    url = settings.database.url
    check_owner(url)
    check_not_served(url)
    make_folder(settings)
    frame.tell("bringing the database to the newest schema ...")
    before, after = frame.run(bring(url))
    frame.run(_complete(settings))
    if before == after:
        frame.say(f"nothing to do: the database has schema {after}")
    else:
        frame.say(f"done: schema {before or '(none)'} -> {after}")


async def _complete(settings: "Settings") -> None:
    """What companies of before get that is no part of a schema."""
    from server.cli.office import opened
    from server.roles.presets import give_presets

    async with opened(settings) as office:
        given = await give_presets(office.storage)
    if given:
        frame.say(f"companies that got the preset roles: {given}")
