"""An embedded server with Odoo's interface, for demos and for testing programs that use odoochat."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Faults", "PostedMessage", "Sandbox", "SandboxFixture", "SandboxUser", "World", "running_sandbox"]

_MODULES = {
    "Faults": "faults",
    "PostedMessage": "posts",
    "Sandbox": "server",
    "SandboxFixture": "fixture",
    "SandboxUser": "server",
    "World": "world.world",
    "running_sandbox": "fixture",
}


def __getattr__(name: str) -> Any:
    # Imported lazily: the pytest plugin is in this package, and test runs that do not use it must not import aiohttp.
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
