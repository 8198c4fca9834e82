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

    The first line of the module's docstring is the title of its section, the rest says how it measures. ``WHY``, where
    the module has it, says why an aim does not hold: one text, or texts by the beginning of the figure's name, with ""
    for all others. ``page``, where the module has it, returns other pages of docs that show the figures.

    Attributes:
        name: the module's name, and what `make bench ONLY=` takes.
        seconds: after which the runner ends it; twice what it takes on a quiet machine with 2 cores.
        needs: "brokers", real message brokers; "odoo", the real Odoo 19; "odoo14", the real Odoo 14; "peers", other
            clients in an environment of their own.
        file: name of the module's file, where it is another one.
        waits: whether it mostly waits, and counts or measures its own CPU time, so that others may run beside it.
    """

    name: str
    seconds: float
    needs: tuple[Need, ...] = ()
    file: str = ""
    waits: bool = False

    @property
    def module(self) -> ModuleType:
        """Its module."""
        return import_module(f"bench.{self.file or self.name}")

    @property
    def title(self) -> str:
        """The title of its section."""
        return (inspect.getdoc(self.module) or self.name).partition("\n")[0].rstrip(".")

    @property
    def how(self) -> str:
        """How it measures."""
        return (inspect.getdoc(self.module) or "").partition("\n")[2].strip()

    def why(self, what: str) -> str:
        """Return why the aim of a figure does not hold; "" when the module does not say it.

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
            quick: measure just enough to see that the benchmark works.
        """
        found: Sequence[Figure] = self.module.run(quick=quick)
        return found


BENCHES = (
    Bench("latency", 120, ("odoo",)),
    Bench("decode", 180),
    Bench("calls", 240, ("odoo", "peers")),
    Bench("connecting", 120, ("odoo",)),
    Bench("send", 180, ("odoo", "odoo14")),
    Bench("history", 300, ("odoo", "odoo14")),
    Bench("requests", 400, waits=True),
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
    """Return benchmarks by name; all of them without a name.

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
