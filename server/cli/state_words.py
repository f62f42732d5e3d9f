"""How the commands say that somebody is not simply active: '已停用' of who is disabled, '已离职' of who was deleted (SPEC B4, B5)."""

from typing import Annotated

import typer

from server.cli import frame

WORDS = {"disabled": ("disabled", "已停用"), "deleted": ("has left", "已离职")}
ACTIVE = "active again", "已启用"
Chinese = Annotated[bool, typer.Option("--chinese", help="Say in Chinese who is disabled (已停用) or has left (已离职).")]


def said(state: str, chinese: bool) -> str:
    """Nothing of who is active."""
    return WORDS[state][chinese] if state in WORDS else ""


def named(name: str, state: str, chinese: bool) -> str:
    """``王伟 (已停用)``; the name alone of who is active."""
    return f"{name} {frame.dim(f'({said(state, chinese)})')}" if state in WORDS else name
