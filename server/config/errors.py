"""What is wrong with the settings: all of it at once, each with its path and source (STYLE 15)."""

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.errors import YizhanError


@dataclass(frozen=True)
class Problem:
    path: str  # gateway.port; of a whole file its name
    source: str  # yizhan.toml:3, the environment's variable, the option
    what: str

    def __str__(self) -> str:
        return f"{self.path} ({self.source}): {self.what}"


class SettingsInvalid(YizhanError):
    code = "settings.invalid"
    en = "{count} of the settings cannot be used:\n{list}"
    zh = "{count} 项配置无效:\n{list}"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(count=len(problems), list="\n".join(f"  {problem}" for problem in problems))
