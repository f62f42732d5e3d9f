"""``yizhan completion``: what a shell reads to complete our commands."""

from enum import StrEnum
from typing import Annotated

import typer

from server.cli import frame

app = frame.command()


class Shell(StrEnum):
    bash = "bash"
    zsh = "zsh"
    fish = "fish"


@app.command()
def completion(ctx: typer.Context, shell: Annotated[Shell, typer.Argument(help="The shell.")]) -> None:
    """Print the script by which a shell completes commands; `yizhan --install-completion` puts it where the shell looks.

    \b
    Examples:
      source <(yizhan completion bash)
      yizhan completion fish > ~/.config/fish/completions/yizhan.fish
    """
    from typer.completion import shell_complete

    raise typer.Exit(shell_complete(ctx.find_root().command, {}, "yizhan", "_YIZHAN_COMPLETE", f"source_{shell}"))
