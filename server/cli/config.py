"""``yizhan config``: the settings in force, and what each one means."""

import sys

import typer

from server.cli import frame

app = frame.command(no_args_is_help=True)


@app.callback()
def config() -> None:
    """Show the settings in force, and what each one means."""


@app.command()
def show(ctx: typer.Context, config: frame.Config = None, json: frame.Json = False) -> None:
    """Show every setting: its value, and where that comes from. Secrets are masked.

    \b
    Examples:
      yizhan config show
      yizhan config show --config /etc/yizhan.toml --json
      YIZHAN_GATEWAY__PORT=9000 yizhan config show
    """
    from server.config.display import rows

    frame.show(rows(frame.settings(ctx, config)), json=json)


@app.command()
def doc(json: frame.Json = False) -> None:
    """Describe every setting: what it takes, its default, its variable. As Markdown, or as JSON.

    \b
    Examples:
      yizhan config doc > settings.md
      yizhan config doc --json
    """
    from server.config.display import documentation, markdown

    if json:
        frame.show(documentation(), json=True)
    else:
        sys.stdout.write(markdown() + "\n")
