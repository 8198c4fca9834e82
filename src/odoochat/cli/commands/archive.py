"""``sync``, ``export`` and ``archive``: an account's local archive."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from odoochat.cli.connection import connected, resolve_settings
from odoochat.cli.exit_codes import DONE
from odoochat.cli.lookup import find_channel
from odoochat.cli.options import ChannelArgument, ServerOptions
from odoochat.cli.progress_bar import ProgressBar, StepBar, format_size
from odoochat.cli.runner import run_command
from odoochat.cli.streams import json_line, print_note, print_result
from odoochat.errors import ConfigError, NotFound
from odoochat.plural import counted
from odoochat.render import safe_line, table

if TYPE_CHECKING:
    from odoochat.archive.archive import Archive
    from odoochat.archive.export.exporter import ExportResult
    from odoochat.archive.export.writer import Format
    from odoochat.archive.facts import ArchiveFacts
    from odoochat.client.channel import Channel
    from odoochat.client.client_archive import ClientArchive
    from odoochat.model import ChannelInfo

__all__ = ["archive", "archive_of", "export", "open_archive", "sync"]

SHOWN = 10
"""Maximum number of omissions to list individually."""


def archive_of(options: ServerOptions) -> Path:
    """Return the path of the account's archive, without contacting the server or prompting for a password.

    Args:
        options: the options that select the server and the user.

    Raises:
        ConfigError: no server is set in the options, the environment or the profile.
    """
    from odoochat.archive.location import archive_path

    found = resolve_settings(options, required=False, offline=True)
    return archive_path(found.url or "", found.db or "", found.login or "")


async def open_archive(options: ServerOptions) -> Archive:
    """Open the account's existing archive.

    Args:
        options: the options that select the server and the user.

    Raises:
        ConfigError: the archive does not exist yet.
        ArchiveError: the archive cannot be used.
    """
    from odoochat.archive.archive import Archive

    path = archive_of(options)
    if not path.exists():
        raise ConfigError(f"this account has no archive yet ({path}); create one with `odoochat sync`")
    return await Archive(path).open()


def sync(
    *channels: ChannelArgument,
    since: str | None = None,
    files: Annotated[bool, Parameter(negative="")] = False,
    again: Annotated[bool, Parameter(negative="")] = False,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Download complete histories to the local archive, which `search --offline`, `export` and the chat screen read.

    Messages already in the archive are not downloaded again, and an interrupted run resumes where it stopped.

    Parameters
    ----------
    channels
        Channels: id, name (general, #general) or person (@bob); all your channels if omitted.
    since
        Skip messages older than this date: 2024, 2024-05 or 2024-05-31.
    files
        Also download attached files.
    again
        Download everything again to pick up missed edits, reactions and deletions.
    json
        Print the result as JSON.
    """
    options = server or ServerOptions()

    async def job() -> int:
        first = _date("--since", since) if since else None
        settings = resolve_settings(options)
        async with connected(options, settings, live=False, archive=archive_of(options)) as odoo:
            chosen = [await find_channel(odoo, each) for each in channels] or None
            with StepBar() as bar, ProgressBar("files") as file_bar:
                result = await odoo.archive.sync(
                    chosen, since=first, files=files, again=again, progress=bar, file_progress=lambda _, p: file_bar(p)
                )
            facts = await odoo.archive.facts()
        values = {
            "channels": result.channels, "fetched": result.messages, "files": result.files, "left_out": result.left_out,
            "messages": facts.messages, "path": str(facts.path),
        }  # fmt: skip
        text = f"fetched {counted(result.messages, 'message')} from {counted(result.channels, 'channel')}"
        text += f" and {counted(result.files, 'file')}" if files else ""
        print_result(json_line(values) if json else f"{text}; the archive contains {facts.messages}")
        _print_left_out(result.left_out, json=json)
        return DONE

    return run_command(job)


def export(
    channel: ChannelArgument,
    /,
    *,
    to: Path,
    format: Annotated[str, Parameter(name="--format")] = "",
    files: Annotated[bool, Parameter(negative="--no-files")] = True,
    offline: Annotated[bool, Parameter(negative="")] = False,
    force: Annotated[bool, Parameter(negative="")] = False,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Export a channel as a web page, Markdown, or JSON lines for scripts.

    The channel is synchronized first (see `sync`). Anything that the export omits is listed at the end.

    Parameters
    ----------
    channel
        Channel id, name (general, #general) or person (@bob).
    to
        A folder for the page and its pictures, files and avatars; or a single file, such as general.html.
    format
        html, markdown or json; if omitted, determined by the file's suffix, or html for a folder.
    files
        Include attached files if --to is a folder; --no-files omits them.
    offline
        Export from the archive without contacting the server.
    force
        Overwrite an earlier export.
    json
        Print the result as JSON.
    """
    options = server or ServerOptions()

    async def job() -> int:
        chosen = _format(format, to)
        result = await (_export_offline if offline else _export_online)(
            options, channel, to, chosen, files=files, replace=force
        )
        values = {
            "path": str(result.path), "messages": result.messages, "deleted": result.deleted, "files": result.files,
            "left_out": result.left_out,
        }  # fmt: skip
        print_result(json_line(values) if json else str(result.path))
        if not json:
            print_note(f"{counted(result.messages, 'message')}, {counted(result.files, 'file')}")
        _print_left_out(result.left_out, json=json)
        return DONE

    return run_command(job)


async def _export_online(
    options: ServerOptions, channel: str, to: Path, format: Format, *, files: bool, replace: bool
) -> ExportResult:
    from odoochat.archive.export.exporter import is_folder

    settings = resolve_settings(options)
    async with connected(options, settings, live=False, archive=archive_of(options)) as odoo:
        found = await find_channel(odoo, channel)
        beside = files and await asyncio.to_thread(is_folder, to)
        await _fill(odoo.archive, found, files=beside)
        with StepBar() as bar:
            return await odoo.archive.export(found, to, format, replace=replace, progress=bar.count)


async def _fill(store: ClientArchive, channel: Channel, *, files: bool) -> None:
    with StepBar() as bar, ProgressBar("files") as file_bar:
        await store.sync([channel], files=files, progress=bar, file_progress=lambda _, progress: file_bar(progress))


async def _export_offline(
    options: ServerOptions, channel: str, to: Path, format: Format, *, files: bool, replace: bool
) -> ExportResult:
    from odoochat.archive.export.exporter import Exporter

    store = await open_archive(options)
    try:
        found = _find_offline(await store.channels(), channel)
        with StepBar() as bar:
            return await Exporter(store).run(found, to, format, replace=replace, progress=bar.count)
    finally:
        await store.close()


def _find_offline(infos: list[ChannelInfo], wanted: str) -> ChannelInfo:
    from odoochat.core.channel_matching import match_channel

    try:
        return match_channel(wanted.removeprefix("@"), infos)
    except NotFound as error:
        raise NotFound("channel", f"{error} (in the archive)") from None


def _format(given: str, to: Path) -> Format:
    known: dict[str, Format] = {
        "html": "html", "htm": "html", "markdown": "markdown", "md": "markdown", "json": "json", "jsonl": "json",
    }  # fmt: skip
    chosen = given or to.suffix.removeprefix(".").lower() or "html"
    if chosen not in known:
        what = f"--format {given}" if given else f"--to {to}: the suffix {to.suffix}"
        raise ConfigError(f"{what} is not a supported format; use --format html, markdown or json")
    return known[chosen]


def archive(
    *,
    prune: str | None = None,
    server: ServerOptions | None = None,
    json: bool = False,
) -> int:
    """Show the size and status of the local archive.

    Parameters
    ----------
    prune
        Delete messages older than an age (90d, 12m, 2y) or a date (2024-05-31) from the archive, not from the server.
        Later runs of sync do not download them again.
    json
        Print one JSON object.
    """
    options = server or ServerOptions()

    async def job() -> int:
        limit = _age(prune) if prune is not None else None
        store = await open_archive(options)
        try:
            facts = await store.facts()
            pruned = None
            if limit is not None:
                _check_clock(prune or "", limit, facts.newest)
                pruned, facts = await store.prune(limit), await store.facts()
        finally:
            await store.close()
        if json:
            print_result(json_line(_values(facts) | ({"deleted_now": pruned} if pruned is not None else {})))
            return DONE
        if pruned is not None:
            print_result(f"deleted {counted(pruned, 'message')} from the archive")
        for line in _lines(facts):
            print_result(line)
        return DONE

    return run_command(job)


def _values(facts: ArchiveFacts) -> dict[str, Any]:
    import msgspec

    values: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(facts, path=None, set_aside=None))
    return values | {"path": str(facts.path)}


def _lines(facts: ArchiveFacts) -> list[str]:
    files = ""
    if facts.files:
        files = f", {facts.files_stored} of {counted(facts.files, 'file')} ({format_size(facts.files_size)})"
    lines = [
        str(facts.path),
        f"{format_size(facts.size)}, {counted(facts.messages, 'message')}, {facts.deleted} deleted, "
        f"{counted(facts.people, 'person', 'people')}{files}",
    ]
    if facts.oldest is not None and facts.newest is not None:
        lines.append(f"from {facts.oldest.astimezone():%Y-%m-%d} to {facts.newest.astimezone():%Y-%m-%d}")
    if facts.pruned is not None:
        lines.append(f"pruned: messages before {facts.pruned.astimezone():%Y-%m-%d}")
    rows = [
        (c.id, safe_line(c.name, 40) or "-", c.messages, c.deleted, "complete" if c.complete else "partial")
        for c in facts.channels
    ]
    return [*lines, *table(("ID", "CHANNEL", "MESSAGES", "DELETED", "HISTORY"), rows)]


def _print_left_out(left_out: list[str], *, json: bool) -> None:
    if json:
        return
    for each in left_out[:SHOWN]:
        print_note(f"not included: {safe_line(each, 300)}")
    if len(left_out) > SHOWN:
        print_note(f"not included: {len(left_out) - SHOWN} more")


def _date(option: str, text: str) -> datetime:
    """Parse a date option and return the start of that date in the user's time zone."""
    found = _parsed_date(text)
    if found is None:
        raise ConfigError(f"{option} {text} is not a date; use the form 2024, 2024-05 or 2024-05-31")
    return found


def _parsed_date(text: str) -> datetime | None:
    from odoochat.archive.query import parse
    from odoochat.errors import UsageError

    try:
        return parse(f'after:"{text}"').after
    except UsageError:
        return None


_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def _is_age(text: str) -> bool:
    return text[-1:].lower() in _DAYS and text[:-1].isascii() and text[:-1].isdecimal()


def _age(text: str) -> datetime:
    if _is_age(text):
        try:
            return datetime.now(UTC) - timedelta(days=int(text[:-1]) * _DAYS[text[-1].lower()])
        except OverflowError:
            raise ConfigError(f"--prune {text} is too long ago") from None
    found = _parsed_date(text)
    if found is None:
        raise ConfigError(f"--prune {text} is neither an age nor a date; use 90d, 12m, 2y or 2024-05-31")
    return found


def _check_clock(text: str, limit: datetime, newest: datetime | None) -> None:
    """Refuse an age that includes every message: the clock may be wrong, and a date does not depend on it.

    Args:
        text: the value of ``--prune``.
        limit: delete messages older than this time.
        newest: the date of the newest message, or None if there are no messages.

    Raises:
        ConfigError: the age includes every message.
    """
    if _is_age(text) and newest is not None and newest < limit:
        raise ConfigError(
            f"--prune {text} would delete every message: the newest is from {newest.astimezone():%Y-%m-%d}, and the "
            f"clock of this machine is at {datetime.now().astimezone():%Y-%m-%d}; to delete them, use a date"
        )
