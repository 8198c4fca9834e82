"""Names for shell completion, read from a file saved by the last connection and never from the server."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_dir

from odoochat.client.address import base_url
from odoochat.config import Profiles
from odoochat.errors import OdooChatError
from odoochat.private_file import write_private
from odoochat.wire.content.body import safe_line

if TYPE_CHECKING:
    from cyclopts.completion import CompletionContext

    from odoochat.model import ChannelInfo

__all__ = ["channel_names", "person_names", "save_names", "saved_names"]

MAX_NAME_LENGTH = 80
MAX_NAMES = 2000


def save_names(url: str, login: str, db: str, channels: Iterable[ChannelInfo]) -> None:
    """Save the names of the user's channels, ignoring write errors.

    Args:
        url: the server's address.
        login: the login name from the settings, "" if unset.
        db: the database from the settings, "" if unset.
        channels: the channels.
    """
    names: list[list[str]] = []
    for info in list(channels)[:MAX_NAMES]:
        name = safe_line(info.name, MAX_NAME_LENGTH)
        if name and not name.endswith("…"):
            names.append([f"@{name}" if info.kind == "chat" else name, info.kind])
    text = json.dumps({"names": sorted(names)}, ensure_ascii=False).encode("utf-8", "replace")
    file = _file(url, login, db)
    with suppress(OSError):
        if not file.exists() or file.read_bytes() != text:
            write_private(file, text, durable=False)


def saved_names(url: str, login: str, db: str) -> list[tuple[str, str]]:
    """Return the saved names.

    Args:
        url: the server's address.
        login: the login name from the settings, "" if unset.
        db: the database from the settings, "" if unset.

    Returns:
        ``(name, channel kind)`` pairs, with names as typed on the command line; empty if nothing was saved.
    """
    try:
        names = json.loads(_file(url, login, db).read_bytes())["names"]
        return [(str(name), str(kind)) for name, kind in names]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _file(url: str, login: str, db: str) -> Path:
    with suppress(OdooChatError):
        url = base_url(url)
    user = hashlib.sha256("\n".join((url, login, db)).encode()).hexdigest()[:24]
    return Path(user_cache_dir("odoochat", appauthor=False)) / "names" / f"{user}.json"


def _user_of(options: Mapping[str, str | None], environ: Mapping[str, str]) -> tuple[str, str, str]:
    """Return the address, login and database selected on the command line, without reading any secrets."""

    def given(key: str) -> str:
        return options.get(key) or environ.get(f"ODOOCHAT_{key.upper()}") or ""

    values = {key: given(key) for key in ("url", "login", "db")}
    profiles = Profiles()
    name = given("profile") or ("" if values["url"] else profiles.default() or "")
    if name:
        for key, value in profiles.address(name).items():
            values[key] = values.get(key) or value
    return values["url"], values["login"], values["db"]


def _names_for(context: CompletionContext) -> list[tuple[str, str]]:
    options: dict[str, str | None] = {}
    for key in ("url", "login", "db", "profile"):
        found = context.get(f"--{key}")
        options[key] = found.raw if found is not None else None
    return saved_names(*_user_of(options, os.environ))


def channel_names(context: CompletionContext) -> list[tuple[str, str]]:
    """Complete a channel's name, with or without ``#``.

    Args:
        context: the incomplete word and the preceding words.

    Returns:
        ``(completion, channel kind)`` pairs.
    """
    sign = "#" if context.incomplete.startswith("#") else ""
    found = [(sign + name, kind) for name, kind in _names_for(context) if not (sign and kind == "chat")]
    if sign:  # the name itself may start with #
        found += [(name, kind) for name, kind in _names_for(context) if name.startswith(sign)]
    return [pair for pair in found if pair[0].startswith(context.incomplete)]


def person_names(context: CompletionContext) -> list[tuple[str, str]]:
    """Complete the name of a person with whom the user has a direct chat, with or without ``@``.

    Args:
        context: the incomplete word and the preceding words.

    Returns:
        ``(completion, channel kind)`` pairs.
    """
    start = 0 if context.incomplete.startswith("@") else 1
    found = [(name[start:], kind) for name, kind in _names_for(context) if kind == "chat"]
    return [pair for pair in found if pair[0].startswith(context.incomplete)]
