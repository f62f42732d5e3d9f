"""``yizhan completion``: what a shell reads to complete our commands."""

from typing import Annotated

import typer

from server.cli import frame, misuse

app = frame.command()
SHELLS = ("bash", "zsh", "fish")


def supported(shell: str | None) -> str | None:
    """No ``Enum``: the words that complete it are ours. Raises: NotOneOf."""
    if shell not in (None, *SHELLS):
        raise misuse.NotOneOf("SHELL", str(shell), *SHELLS)
    return shell


Shell = Annotated[str, typer.Argument(help="bash, zsh or fish.", callback=supported, autocompletion=lambda: SHELLS)]


@app.command()
def completion(ctx: typer.Context, shell: Shell) -> None:
    """Print the script by which a shell completes commands; `yizhan --install-completion` puts it where the shell looks.

    \b
    Examples:
      source <(yizhan completion bash)
      yizhan completion fish > ~/.config/fish/completions/yizhan.fish
    """
    from typer.completion import shell_complete

    raise typer.Exit(shell_complete(ctx.find_root().command, {}, "yizhan", "_YIZHAN_COMPLETE", f"source_{shell}"))
