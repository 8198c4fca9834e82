"""Settings for the front ends, and the profiles they are saved in."""

from __future__ import annotations

from odoochat.config.profiles import Profiles
from odoochat.config.settings import Settings, load

__all__ = ["Profiles", "Settings", "load"]
