"""The benchmarks that the runner knows, in the order of the page."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Literal

from bench.figures import Figure

Need = Literal["brokers", "odoo", "odoo14", "peers"]


@dataclass(frozen=True)
class Bench:
    """One benchmark: a module of this package with a function ``run``.

    The first line of the module's docstring is the title of its section, and the rest explains how it measures.
    ``WHY``, if present, explains why an aim is missed: one string, or strings by the prefix of the figure's name, with
    "" for all others. ``page``, if present, returns other docs pages that show the figures.

    Attributes:
        name: the module's name, as passed to `make bench ONLY=`.
        seconds: time limit; twice the duration on an idle machine with 2 cores.
        needs: "brokers", real message brokers; "odoo", the real Odoo 19; "odoo14", the real Odoo 14; "peers", other
            clients in their own environment.
        file: name of the module's file, if it differs.
        waits: whether it mostly waits, and only counts or measures its own CPU time, so that others can run at the same
            time.
    """

    name: str
    seconds: float
    needs: tuple[Need, ...] = ()
    file: str = ""
    waits: bool = False

    @property
    def module(self) -> ModuleType:
        """The benchmark's module."""
        return import_module(f"bench.{self.file or self.name}")

    @property
    def title(self) -> str:
        """The title of the benchmark's section."""
        return (inspect.getdoc(self.module) or self.name).partition("\n")[0].rstrip(".")

    @property
    def how(self) -> str:
        """How the benchmark measures."""
        return (inspect.getdoc(self.module) or "").partition("\n")[2].strip()

    def why(self, what: str) -> str:
        """Return why a figure misses its aim; "" if the module does not explain it.

        Args:
            what: the figure's name.
        """
        given: str | dict[str, str] = getattr(self.module, "WHY", {})
        texts = {"": given} if isinstance(given, str) else given
        found = max((begin for begin in texts if what.startswith(begin)), key=len, default=None)
        return " ".join(texts[found].split()) if found is not None else ""

    def run(self, *, quick: bool) -> Sequence[Figure]:
        """Measure.

        Args:
            quick: whether to take only a few measurements.
        """
        found: Sequence[Figure] = self.module.run(quick=quick)
        return found


BENCHES = (
    Bench("latency", 120, ("odoo",)),
    Bench("decode", 180),
    Bench("calls", 400, ("odoo", "peers")),
    Bench("connecting", 120, ("odoo",)),
    Bench("send", 180, ("odoo", "odoo14")),
    Bench("history", 300, ("odoo", "odoo14")),
    Bench("requests", 900, waits=True),
    Bench("growth", 60),
    Bench("imports", 60),
    Bench("help", 60),
    Bench("terminal", 120),
    Bench("chat", 180),
    Bench("bot", 300),
    Bench("metrics", 60),
    Bench("archive", 300),
    Bench("scale", 1500, waits=True),
    Bench("relay", 180, ("brokers",), file="message_brokers"),
    Bench("fleet", 180, ("brokers",)),
)
"""All of them."""


def chosen(names: Sequence[str]) -> list[Bench]:
    """Return benchmarks by name, or all of them if no name is given.

    Args:
        names: the names.

    Raises:
        LookupError: a name is unknown.
    """
    known = {bench.name: bench for bench in BENCHES}
    for name in names:
        if name not in known:
            raise LookupError(f'no benchmark "{name}"; there are {", ".join(known)}')
    return [known[name] for name in names] if names else list(BENCHES)
