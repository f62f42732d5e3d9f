"""The settings (DESIGN 13): ``load`` gives them whole and checked, or ``SettingsInvalid`` says all that is wrong.

Start at ``model.py``: a new setting is a line there with its text below, and nothing else. ``rules.py`` has what must fit
together, ``sources.py`` file and environment, ``kinds.py`` the types, ``display.py`` what ``yizhan config`` prints.
"""

from server.config.errors import Problem, SettingsInvalid
from server.config.loading import Loaded, load
from server.config.model import Settings

__all__ = ["Loaded", "Problem", "Settings", "SettingsInvalid", "load"]
