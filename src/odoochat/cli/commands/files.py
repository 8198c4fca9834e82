"""``download`` and ``upload``: files, with their progress at a terminal."""

from __future__ import annotations

from pathlib import Path

from odoochat.cli.completion import Conversing
from odoochat.cli.connection import Server, act
from odoochat.cli.exit_codes import DONE
from odoochat.cli.message_text import written
from odoochat.cli.progress_bar import Bar
from odoochat.cli.streams import json_line, out
from odoochat.client.client import Client
from odoochat.errors import ConfigError

__all__ = ["download", "upload"]


def download(
    attachment: int,
    /,
    *others: int,
    to: Path = Path(),
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Fetch files to disk, and print where they are.

    A download that was cut goes on where it ended. No other file is ever overwritten.

    Parameters
    ----------
    attachment
        The id of the file, as `history` shows it.
    others
        More of them.
    to
        A folder, for the name that the sender gave, made safe; or the path of a file that is not there yet.
    json
        Print one JSON object a file.
    """

    async def work(odoo: Client) -> int:
        _check(to, several=bool(others))
        for number in (attachment, *others):
            with Bar(f"file {number}") as bar:
                path = await odoo.files.download(number, to, progress=bar)
            facts = {"id": number, "path": str(path), "size": _size(path)}
            out(json_line(facts) if json else str(path))
        return DONE

    return act(server, work)


def _check(to: Path, *, several: bool) -> None:
    if several and not to.is_dir():
        raise ConfigError(f"--to {to}: several files go into a folder that is there")
    if not to.is_dir() and not to.parent.is_dir():
        raise ConfigError(f"--to {to}: there is no folder {to.parent}")


def _size(path: Path) -> int:
    return path.stat().st_size


def upload(
    channel: Conversing,
    path: Path,
    /,
    *others: Path,
    text: str = "",
    server: Server | None = None,
    json: bool = False,
) -> int:
    """Send files in one message, and print its id.

    Parameters
    ----------
    channel
        An id, a name (general, #general) or a person (@bob): the direct chat, made when missing.
    path
        Of the file.
    others
        More of them.
    text
        What is said to them; - reads it from standard input.
    json
        Print the message as JSON.
    """

    async def work(odoo: Client) -> int:
        said = written(text, "text", server) if text else ""
        found = await odoo.resolve(channel)
        files = [path, *others]
        with Bar(path.name if not others else f"{len(files)} files") as bar:
            message = await found.send(said, files=files, progress=bar)
        out(json_line(message) if json else str(message.id))
        return DONE

    return act(server, work)
