"""An embedded Odoo-like server: to try things, to demo, and for the tests of odoochat's users."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Faults", "Sandbox", "World"]

_HOMES = {"Faults": "faults", "Sandbox": "server", "World": "world.world"}


def __getattr__(name: str) -> Any:
    # Lazy: the pytest plugin lives in this package, and unrelated test runs must not pay for aiohttp.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
