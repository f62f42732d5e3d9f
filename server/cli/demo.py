"""``yizhan demo``: the demo company, made where it is not there, and who can sign in to it."""

from typing import TYPE_CHECKING

import typer

from server.cli import frame

if TYPE_CHECKING:
    from server.config.model import Settings
    from server.demo.kept import Kept

app = frame.command()


@app.command()
def demo(ctx: typer.Context, config: frame.Config = None, json: frame.Json = False) -> None:
    """Make the demo company, and show who can sign in to it: forty people, eight units, some days of conversations.

    Beside a running server or before its first start. Refused where the server listens for others too: its passwords are printed.

    \b
    Examples:
      yizhan demo
      yizhan demo --json
    """
    settings = frame.settings(ctx, config, {"demo.company": True}).settings
    kept = frame.run(_make(settings))
    if json:
        import msgspec

        frame.show([msgspec.structs.asdict(one) for one in kept.logins] if kept else [], json=True)
        return
    from server.cli.greeting import introduce

    introduce(kept)


async def _make(settings: "Settings") -> "Kept | None":
    from server.cli.office import check_owner, make_folder, opened
    from server.clock import SystemClock
    from server.demo.service import make
    from storage.migrate import migrate
    from storage.revision import revision_of

    check_owner(settings.database.url)
    make_folder(settings)
    if not await revision_of(settings.database.url):
        await migrate(settings.database.url)
    async with opened(settings) as office:
        return await make(settings, office.passwords, now=SystemClock().now())
