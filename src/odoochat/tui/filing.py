"""Commands with files: pick and send, save, open."""

from __future__ import annotations

import asyncio
import mimetypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.style import Style

from odoochat.model import Attachment, Message, Progress
from odoochat.tui.layout import size_of
from odoochat.tui.rows import Row
from odoochat.tui.stage import Stage
from odoochat.wire.content.sanitize import safe_line

__all__ = ["COMMANDS", "offer_upload", "open_file", "save_to", "upload_named"]

MOST_ENTRIES = 200


def _entries(text: str) -> tuple[Path, str]:
    """The folder that a text names, and what its last part begins with."""
    path = Path(text or "~/").expanduser()
    if text.endswith(("/", os.sep)) or not text:
        return path, ""
    return path.parent, path.name


def pick(stage: Stage) -> None:
    """Chooses a file to send; Tab goes into the chosen folder."""
    from odoochat.tui.dialogs import Chooser

    look = stage.host.look

    def find(text: str) -> Sequence[Row]:
        folder, start = _entries(text)
        try:
            with os.scandir(folder) as found:
                entries = [e for e in found if e.name.casefold().startswith(start.casefold())]
            entries = [e for e in entries if start.startswith(".") or not e.name.startswith(".")]
            entries.sort(key=lambda e: (not e.is_dir(), e.name.casefold()))
        except (OSError, ValueError) as error:
            return [Row(None, ((safe_line(str(error)), look.failed),))]
        return [_entry_row(e, look.dim) for e in entries[:MOST_ENTRIES]]

    def tab(key: Any, _text: str) -> str | None:
        return None if key is None else f"{key}{os.sep if Path(key).is_dir() else ''}"

    def chosen(key: str | None) -> None:
        if key is None:
            return
        path = Path(key).expanduser()
        if path.is_dir():
            again(f"{path}{os.sep}")
        else:
            send_file(stage, path)

    def again(text: str) -> None:
        dialog = Chooser(
            "Send a file", look, find, text=text, other="goes into the folder", tab=tab, free=True, placeholder="path"
        )
        stage.screen.app.push_screen(dialog, chosen)

    again(f"{Path.cwd()}{os.sep}")


def _entry_row(entry: os.DirEntry[str], dim: Style) -> Row:
    name = safe_line(entry.name, 120)
    if entry.is_dir():
        return Row(entry.path, ((f"{name}/", Style(bold=True)),))
    try:
        size = size_of(entry.stat().st_size)
    except OSError:
        size = ""
    return Row(entry.path, ((name, Style()),), size, dim)


def upload_named(stage: Stage, text: str) -> None:
    """Sends the file of a path; asks for one when none is given."""
    if not text:
        pick(stage)
        return
    path = Path(text).expanduser()
    if path.is_file():
        send_file(stage, path)
    else:
        stage.toast(f"there is no file {text}", "warning")


def offer_upload(stage: Stage, path: Path) -> None:
    """A path was pasted: is the file meant, or the text?"""
    from odoochat.tui.dialogs import Chooser

    rows = [
        Row("file", ((f"send the file {safe_line(path.name, 60)}", Style()),)),
        Row("text", (("paste its path as text", Style()),)),
    ]

    def chosen(key: str | None) -> None:
        if key == "file":
            send_file(stage, path)
        elif key == "text":
            stage.composer.insert(str(path))

    stage.screen.app.push_screen(Chooser("A file was pasted", stage.host.look, lambda _: rows), chosen)


def send_file(stage: Stage, path: Path) -> None:
    """Sends a file, with what is written as its text."""
    if not stage.online():
        return
    desk, channel = stage.desk, stage.channel
    text = stage.composer.text.strip()
    stage.composer.fill("")
    name = safe_line(path.name, 24)

    def moved(progress: Progress) -> None:
        stage.transfers[name] = progress
        stage.dirty()

    async def ask() -> None:
        assert desk.verbs is not None
        stage.transfers[name] = Progress(0, None)
        try:
            await desk.verbs.send(
                channel, text, markup=stage.host.settings.markup, reply_to=None, mentions=stage.mentioned(text),
                files=[path], progress=moved,
            )  # fmt: skip
            desk.drafts.keep(str(channel), "")
        except BaseException:
            if stage.channel == channel and text and not stage.composer.text.strip():
                stage.composer.fill(text)
            raise
        finally:
            stage.transfers.pop(name, None)
            stage.dirty()

    stage.run(ask(), f"upload of {name}")


def downloads() -> Path:
    """Where files are saved."""
    folder = Path.home() / "Downloads"
    return folder if folder.is_dir() else Path.home()


async def save_to(stage: Stage, attachment: Attachment, folder: Path) -> Path:
    """Saves a file into a folder, and shows how far it is."""
    name = safe_line(attachment.name, 24) or f"file {attachment.id}"

    def moved(progress: Progress) -> None:
        stage.transfers[name] = progress
        stage.dirty()

    assert stage.desk.verbs is not None
    try:
        return await stage.desk.verbs.download(attachment, folder, moved)
    finally:
        stage.transfers.pop(name, None)
        stage.dirty()


def save(stage: Stage) -> None:
    """Saves the files of the chosen message."""
    message = stage.target
    if not isinstance(message, Message) or not message.attachments:
        stage.toast("there is no file in it")
        return
    if not stage.online():
        return

    async def ask() -> None:
        for attachment in message.attachments:
            path = await save_to(stage, attachment, downloads())
            stage.toast(f"saved as {path}")

    stage.run(ask(), "save")


def _show(path: Path) -> bool:
    """Shows a file with the desktop's own opener; False when there is none."""
    program = {"darwin": "open", "win32": "explorer"}.get(sys.platform, "xdg-open")
    try:
        subprocess.Popen(  # noqa: S603 - a path of ours
            [program, str(path)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError:
        return False
    return True


def open_file(stage: Stage, attachment: Attachment) -> None:
    """Fetches a file and shows it with the program that the desktop has for it."""
    if not stage.online():
        return

    async def ask() -> None:
        path = await save_to(stage, attachment, Path(tempfile.mkdtemp(prefix="odoochat-")))
        kind = mimetypes.guess_type(path.name)[0] or ""
        if not kind.startswith(("image/", "audio/", "video/")) and kind not in ("text/plain", "application/pdf"):
            stage.toast(f"only pictures, sound, films, texts and PDFs are opened: it was saved as {path}", "warning")
        elif not await asyncio.to_thread(_show, path):
            stage.toast(f"no program here opens files: it was saved as {path}", "warning")

    stage.run(ask(), "open")


COMMANDS = {"upload": pick, "save": save}
