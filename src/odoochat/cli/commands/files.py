"""``download`` and ``upload``: transfer files, showing progress on a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from odoochat.cli.exit_codes import DONE
from odoochat.cli.message_text import message_text
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.progress_bar import ProgressBar
from odoochat.cli.runner import run_connected
from odoochat.cli.streams import json_line, print_result
from odoochat.errors import ConfigError

if TYPE_CHECKING:
    from odoochat.client.client import Client

__all__ = ["download", "upload"]


def download(
    attachment: int,
    /,
    *others: int,
    to: Path = Path(),
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Download files and print their paths.

    An interrupted download resumes where it stopped. Existing files are never overwritten.

    Parameters
    ----------
    attachment
        File id, as printed by `history`.
    others
        More files.
    to
        A folder, in which each file keeps its name with unsafe characters replaced, or the path of a new file.
    json
        Print one JSON object per file.
    """

    async def work(odoo: Client) -> int:
        _check_target(to, several=bool(others))
        for number in (attachment, *others):
            with ProgressBar(f"file {number}") as bar:
                path = await odoo.files.download(number, to, progress=bar)
            values = {"id": number, "path": str(path), "size": _size(path)}
            print_result(json_line(values) if json else str(path))
        return DONE

    return run_connected(server, work)


def _check_target(to: Path, *, several: bool) -> None:
    if several and not to.is_dir():
        raise ConfigError(f"--to {to} is not an existing folder; multiple files require one")
    if not to.is_dir() and not to.parent.is_dir():
        raise ConfigError(f"--to {to}: no such folder: {to.parent}")


def _size(path: Path) -> int:
    return path.stat().st_size


def upload(
    channel: ChannelArgument,
    path: Path,
    /,
    *others: Path,
    text: str = "",
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Send files in one message and print its id.

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob); the direct chat is created if needed.
    path
        The file.
    others
        More files.
    text
        Text of the message; - reads it from standard input.
    json
        Print the message as JSON.
    """

    async def work(odoo: Client) -> int:
        body = message_text(text, "text", server, has_files=True) if text else ""
        found = await odoo.resolve(channel)
        files = [path, *others]
        with ProgressBar(path.name if not others else f"{len(files)} files") as bar:
            message = await found.send(body, files=files, progress=bar)
        print_result(json_line(message) if json else str(message.id))
        return DONE

    return run_connected(server, work)
