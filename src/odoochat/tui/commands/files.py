"""Commands that save and open attached files."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from odoochat.errors import UsageError
from odoochat.model import Attachment, Message
from odoochat.private_file import FILE_MODE
from odoochat.tui.commands.file_types import is_openable, openable_name
from odoochat.tui.controller import ChatController
from odoochat.wire.content.sanitize import safe_name

if TYPE_CHECKING:
    pass

__all__ = ["FileCommands", "downloads", "has_desktop"]


def downloads() -> Path:
    """Return the download folder."""
    folder = Path.home() / "Downloads"
    return folder if folder.is_dir() else Path.home()


def _start(*command: str) -> bool:
    """Start a desktop program; return False if it is not installed."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the desktop's own opener, and our own path
            command,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError:
        return False
    threading.Thread(target=process.wait, daemon=True).start()  # reap the program, which may outlive the chat
    return True


def has_desktop() -> bool:
    """Return whether a desktop is available. Without one, a program might start in this terminal."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _show_file(path: Path) -> bool:
    """Open a file with the appropriate desktop program; return False if there is none."""
    program = {"darwin": "open", "win32": "explorer"}.get(sys.platform, "xdg-open")
    return has_desktop() and _start(program, str(path))


def _show_in_folder(path: Path) -> bool:
    """Show a file in its folder without opening it; return False if there is no desktop."""
    match sys.platform:
        case "darwin":
            return _start("open", "-R", str(path))
        case "win32":
            return _start("explorer", f"/select,{path}")
        case _:
            return has_desktop() and _start("xdg-open", str(path.parent))


def _keep(path: Path, folder: Path) -> Path:
    """Copy a file to a folder, using a name that is not taken yet."""
    for number in range(1000):
        target = folder / (f"{path.stem} ({number}){path.suffix}" if number else path.name)
        try:
            with path.open("rb") as source, target.open("xb") as file:
                shutil.copyfileobj(source, file)
        except FileExistsError:
            continue
        return target
    raise FileExistsError(f"{folder} already contains 1,000 files named {path.name}")


class FileCommands:
    """Commands that save and open files.

    Args:
        chat: the chat screen's controller.
    """

    def __init__(self, chat: ChatController) -> None:
        self._chat = chat

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Return the commands, keyed by name."""
        return {"save": self.save}

    # ------------------------------------------------------------ saving, opening

    async def save_to(self, attachment: Attachment, folder: Path) -> Path:
        """Save a file to a folder, showing progress.

        Args:
            attachment: the file.
            folder: the folder.

        Returns:
            The path of the saved file.

        Raises:
            OdooChatError: the file could not be downloaded or saved.
        """
        name = safe_name(attachment.name, 24) or f"file {attachment.id}"
        client = self._chat.session.client
        if client is None:
            raise UsageError("not connected to the server")
        try:
            return await client.files.download(attachment, to=folder, progress=self._chat.transferred(name))
        finally:
            self._chat.transfers.pop(name, None)
            self._chat.dirty()

    def save(self) -> None:
        """Save the files attached to the selected message."""
        message = self._chat.conversation.target
        if not isinstance(message, Message) or not message.attachments:
            self._chat.feedback.toast("this message has no files")
            return
        if not self._chat.feedback.online():
            return

        async def ask() -> None:
            for attachment in message.attachments:
                path = await self.save_to(attachment, downloads())
                self._chat.feedback.toast(f"saved to {path}")

        self._chat.feedback.run(ask(), "save")

    async def _fetch_to_open(self, attachment: Attachment, name: str) -> Path | None:
        """Download a file to the private folder; if its content does not match its name, save it and return None."""
        folder = Path(tempfile.mkdtemp(dir=self._chat.host.temporary_folder()))
        came = await self.save_to(attachment, folder)
        path = folder / name
        came.replace(path)
        path.chmod(FILE_MODE)
        if await asyncio.to_thread(is_openable, path):
            return path
        came = path.replace(folder / came.name)
        kept = await asyncio.to_thread(_keep, came, downloads())
        came.unlink()
        self._show_saved(kept)
        return None

    def _show_saved(self, path: Path) -> None:
        _show_in_folder(path)
        self._chat.feedback.toast(f"saved to {path}; files of this type are not opened", "warning")

    def open_file(self, attachment: Attachment) -> None:
        """Download a file and open it with a desktop program, or save it if its type is not on the allow list.

        Args:
            attachment: the file.
        """
        if not self._chat.feedback.online():
            return

        async def ask() -> None:
            name = openable_name(attachment.name)
            if name is None:
                self._show_saved(await self.save_to(attachment, downloads()))
            elif (path := await self._fetch_to_open(attachment, name)) is not None and not _show_file(path):
                kept = await asyncio.to_thread(_keep, path, downloads())
                self._chat.feedback.toast(f"no desktop available to open files; saved to {kept}", "warning")

        self._chat.feedback.run(ask(), "open")
