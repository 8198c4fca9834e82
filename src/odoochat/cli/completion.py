"""Names that the shell completes: from a small file of the last connection, never from the server."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from platformdirs import user_cache_dir

from odoochat.client.address import base_url
from odoochat.config import Profiles
from odoochat.errors import OdooChatError
from odoochat.model import ChannelInfo
from odoochat.private_file import write_private
from odoochat.wire.content.body import safe_line

if TYPE_CHECKING:
    from cyclopts.completion import CompletionContext

__all__ = ["Conversing", "Named", "Several", "keep", "kept"]

LONGEST = 80
MOST = 2000


def keep(url: str, login: str, db: str, infos: Iterable[ChannelInfo]) -> None:
    """Writes down my conversations for the shell; a folder that cannot be written is no matter.

    Args:
        url: the server's address.
        login: as the user gave it, "" when he gave none.
        db: as the user gave it, "" when he gave none.
    """
    names = []
    for info in list(infos)[:MOST]:
        name = safe_line(info.name, LONGEST)
        if name and not name.endswith("…"):
            names.append([f"@{name}" if info.kind == "chat" else name, info.kind])
    text = json.dumps({"names": sorted(names)}, ensure_ascii=False).encode("utf-8", "replace")
    file = _file(url, login, db)
    with suppress(OSError):
        if not file.exists() or file.read_bytes() != text:
            write_private(file, text, durable=False)


def kept(url: str, login: str, db: str) -> list[tuple[str, str]]:
    """What was written down: names as the command line takes them, each with its kind."""
    try:
        names = json.loads(_file(url, login, db).read_bytes())["names"]
        return [(str(name), str(kind)) for name, kind in names]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _file(url: str, login: str, db: str) -> Path:
    with suppress(OdooChatError):
        url = base_url(url)
    owner = hashlib.sha256("\n".join((url, login, db)).encode()).hexdigest()[:24]
    return Path(user_cache_dir("odoochat", appauthor=False)) / "names" / f"{owner}.json"


def _whose(options: Mapping[str, str | None], environ: Mapping[str, str]) -> tuple[str, str, str]:
    """Address, login and database that a line means, without a look at any secret."""

    def given(key: str) -> str:
        return options.get(key) or environ.get(f"ODOOCHAT_{key.upper()}") or ""

    facts = {key: given(key) for key in ("url", "login", "db")}
    profiles = Profiles()
    name = given("profile") or ("" if facts["url"] else profiles.default() or "")
    if name:
        for key, value in profiles.facts(name).items():
            facts[key] = facts.get(key) or value
    return facts["url"], facts["login"], facts["db"]


def _typed(context: CompletionContext) -> list[tuple[str, str]]:
    options = {}
    for key in ("url", "login", "db", "profile"):
        found = context.get(f"--{key}")
        options[key] = found.raw if found is not None else None
    return kept(*_whose(options, os.environ))


def conversations(context: CompletionContext) -> list[tuple[str, str]]:
    """What a conversation may be called."""
    sign = "#" if context.incomplete.startswith("#") else ""
    found = [(sign + name, kind) for name, kind in _typed(context) if not (sign and kind == "chat")]
    if sign:  # it may be a part of the name
        found += [(name, kind) for name, kind in _typed(context) if name.startswith(sign)]
    return [pair for pair in found if pair[0].startswith(context.incomplete)]


def persons(context: CompletionContext) -> list[tuple[str, str]]:
    """Whom there are chats with, with or without ``@`` as it was begun."""
    sign = 0 if context.incomplete.startswith("@") else 1
    found = [(name[sign:], kind) for name, kind in _typed(context) if kind == "chat"]
    return [pair for pair in found if pair[0].startswith(context.incomplete)]


Conversing = Annotated[str, Parameter(completer=conversations)]
"""A conversation: an id, a name, or ``@person``."""

Named = Annotated[str, Parameter(completer=persons)]
"""A person, by login or name."""

Several = Annotated[list[str] | None, Parameter(completer=persons)]
"""Persons of an option that may be given several times."""
