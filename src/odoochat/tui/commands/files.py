"""Commands with files: pick and send, save, open."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.style import Style

from odoochat.model import Attachment, Message, Progress
from odoochat.tui.commands.file_types import is_openable, openable_name
from odoochat.tui.conversation import Stage
from odoochat.tui.rendering.message import size_of
from odoochat.tui.widgets.row_list import Row
from odoochat.wire.content.sanitize import safe_line, safe_name

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
    from odoochat.tui.screens.dialogs import Chooser

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
    name = safe_name(entry.name, 120)
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
    from odoochat.tui.screens.dialogs import Chooser

    rows = [
        Row("file", ((f"send the file {safe_name(path.name, 60)}", Style()),)),
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
    name = safe_name(path.name, 24)

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
    name = safe_name(attachment.name, 24) or f"file {attachment.id}"

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


def _start(*command: str) -> bool:
    """Start a program of the desktop; False when it is not there."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the desktop's own opener, and a path of ours
            command,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError:
        return False
    threading.Thread(target=process.wait, daemon=True).start()  # it may outlive the chat; until then it is waited for
    return True


def has_desktop() -> bool:
    """Whether there is a desktop to open things on; without one a program might start on this very terminal."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _show_file(path: Path) -> bool:
    """Open a file with the desktop's program for it; False when there is none."""
    program = {"darwin": "open", "win32": "explorer"}.get(sys.platform, "xdg-open")
    return has_desktop() and _start(program, str(path))


def _show_in_folder(path: Path) -> bool:
    """Show a file in its folder, without opening it; False when there is no desktop."""
    match sys.platform:
        case "darwin":
            return _start("open", "-R", str(path))
        case "win32":
            return _start("explorer", f"/select,{path}")
        case _:
            return has_desktop() and _start("xdg-open", str(path.parent))


def _keep(path: Path, folder: Path) -> Path:
    """Copy a file into a folder under a name that is free there."""
    for number in range(1000):
        target = folder / (f"{path.stem} ({number}){path.suffix}" if number else path.name)
        try:
            with path.open("rb") as source, target.open("xb") as file:
                shutil.copyfileobj(source, file)
        except FileExistsError:
            continue
        return target
    raise FileExistsError(f"there are a thousand files {path.name} in {folder}")


async def _fetch_to_open(stage: Stage, attachment: Attachment, name: str) -> Path | None:
    """Download a file into the private folder; None when its bytes are not what its name says, then it is saved."""
    folder = Path(tempfile.mkdtemp(dir=stage.host.temporary_folder()))
    came = await save_to(stage, attachment, folder)
    path = folder / name
    came.replace(path)
    path.chmod(0o600)
    if await asyncio.to_thread(is_openable, path):
        return path
    came = path.replace(folder / came.name)
    kept = await asyncio.to_thread(_keep, came, downloads())
    came.unlink()
    _tell_saved(stage, kept)
    return None


def _tell_saved(stage: Stage, path: Path) -> None:
    _show_in_folder(path)
    stage.toast(f"files of this kind are saved and not opened: {path}", "warning")


def open_file(stage: Stage, attachment: Attachment) -> None:
    """Fetch a file and open it with the desktop's program; what is not on the allow list is saved instead."""
    if not stage.online():
        return

    async def ask() -> None:
        name = openable_name(attachment.name)
        if name is None:
            _tell_saved(stage, await save_to(stage, attachment, downloads()))
        elif (path := await _fetch_to_open(stage, attachment, name)) is not None and not _show_file(path):
            kept = await asyncio.to_thread(_keep, path, downloads())
            stage.toast(f"there is no desktop here to open files: saved as {kept}", "warning")

    stage.run(ask(), "open")


COMMANDS = {"upload": pick, "save": save}
