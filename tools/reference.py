"""Generates the website's reference pages, with one mkdocstrings directive per public name."""

from __future__ import annotations

from importlib import import_module

import odoochat

# ruff: noqa: E501 - sentences

INTRODUCTIONS = {
    "client": ("Client", "What `odoochat.connect` returns, and the objects that you reach through it."),
    "events": ("Events", "What `Client.events` and `Client.wait_for` deliver. The guide lists [when](../guide.md#receive-events)."),
    "model": ("Values", "Messages, people, channels and files. They are frozen, hold no client, and are equal by kind and id."),
    "errors": ("Errors", "Everything that odoochat raises is an `odoochat.OdooChatError`."),
    "archive": ("Archive", "The searchable file of messages on your disk."),
    "bot": ("Bots", "Names of `odoochat.bot`. The [tutorial](../tutorial.md) shows how to use them."),
    "bot.filters": ("Filters of bots", "Names of `odoochat.bot.filters`, for `@bot.message`, `@bot.on`, `allow=` and `where=`."),
    "pool": ("Many users", "Names of `odoochat` for [many users in one process](../pool.md)."),
    "sync": ("Client without async", "Names of `odoochat.sync`. [The client without async](../blocking.md) explains their use."),
    "sandbox": ("Sandbox and fixture", "Names of `odoochat.sandbox`. [Test your own code](../testing.md) explains their use."),
    "more": ("More", "Other public names of `odoochat`."),
}  # fmt: skip
"""Title and first sentence of each page, in the order of the menu."""

MODULES = ("bot", "bot.filters", "sync", "sandbox")
"""The public modules that have their own `__all__`."""


def public_names() -> dict[str, list[str]]:
    """Return the qualified public names of each reference page, in alphabetical order without regard to case.

    Names of `odoochat` are on the page of the package that defines them. Each name is on one page: names that
    `odoochat` exports from a module with its own page, such as `odoochat.Bot`, are on the page of that module.
    """
    pages: dict[str, list[str]] = {page: [] for page in INTRODUCTIONS}
    elsewhere = set()
    for module in MODULES:
        names = import_module(f"odoochat.{module}").__all__
        elsewhere |= {name for name in names if module == "bot"}
        modules = {each.rpartition(".")[2] for each in MODULES if each.rpartition(".")[0] == module}
        pages[module] = [f"odoochat.{module}.{name}" for name in names if name not in modules]
    for name in odoochat.__all__:
        if name in elsewhere:
            continue
        package = home(name).split(".")[1]
        pages[package if package in pages and package not in MODULES else "more"].append(f"odoochat.{name}")
    return {page: sorted(names, key=str.lower) for page, names in pages.items() if names}


def home(name: str) -> str:
    """Return the module that defines a name of `odoochat`.

    Args:
        name: one of `odoochat.__all__`.
    """
    homes: dict[str, str] = odoochat._HOME  # noqa: SLF001 - a constant has no __module__
    return homes[name]


def reference_pages() -> dict[str, str]:
    """Return the Markdown text of each reference page by its path below the website's source folder."""
    pages = {}
    names = public_names()
    for page, (title, introduction) in INTRODUCTIONS.items():
        if page in names:
            directives = "\n\n".join(f"::: {name}" for name in names[page])
            pages[f"reference/{page}.md"] = f"# {title}\n\n{introduction}\n\n{directives}\n"
    return pages
