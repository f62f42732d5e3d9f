"""In which language the commands say what went wrong: that of the shell's locale, Chinese or else English."""

import os
from collections.abc import Mapping

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that says anything decides, as for all programs


def language(environment: Mapping[str, str] = os.environ) -> str:
    """``en`` or ``zh``"""
    said = next((environment[name] for name in VARIABLES if environment.get(name)), "")
    return "zh" if said.lower().startswith("zh") else "en"
