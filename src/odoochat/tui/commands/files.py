"""Commands for files: choose and send, save, open."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.style import Style

from odoochat.errors import UsageError
from odoochat.model import Attachment, Message, Progress
from odoochat.private_file import FILE_MODE
from odoochat.tui.commands.file_types import is_openable, openable_name
from odoochat.tui.controller import ChatController
from odoochat.tui.rendering.message import size_of
from odoochat.tui.rendering.strips import ListRow
from odoochat.tui.screens.confirm import Confirm
from odoochat.tui.screens.dialogs import Chooser
from odoochat.wire.content.sanitize import safe_line, safe_name

if TYPE_CHECKING:
    from odoochat.client.services import Markup

__all__ = ["FileCommands", "downloads", "has_desktop"]

MAX_ENTRIES = 200


def _entries(text: str) -> tuple[Path, str]:
    """Return the folder that a path names, and the beginning of a name in it."""
    path = Path(text or "~/").expanduser()
    if text.endswith(("/", os.sep)) or not text:
        return path, ""
    return path.parent, path.name


def _entry_row(entry: os.DirEntry[str], dim: Style) -> ListRow:
    name = safe_name(entry.name, 120)
    if entry.is_dir():
        return ListRow(entry.path, ((f"{name}/", Style(bold=True)),))
    try:
        size = size_of(entry.stat().st_size)
    except OSError:
        size = ""
    return ListRow(entry.path, ((name, Style()),), size, dim)


def downloads() -> Path:
    """Return the folder where files are saved."""
    folder = Path.home() / "Downloads"
    return folder if folder.is_dir() else Path.home()


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
    """Return whether there is a desktop to open things on; without one a program might start in this terminal."""
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


class FileCommands:
    """Sends, saves and opens files.

    Args:
        chat: the chat screen's parts.
    """

    def __init__(self, chat: ChatController) -> None:
        self._chat = chat

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Return the commands by their names."""
        return {"upload": self.pick, "save": self.save}

    # ------------------------------------------------------------------- sending

    def pick(self, text: str | None = None) -> None:
        """Choose a file to send; Tab opens the selected folder.

        Args:
            text: the path that is typed already; the working folder when left out.
        """
        styles = self._chat.host.theme_styles

        def find(text: str) -> Sequence[ListRow]:
            folder, start = _entries(text)
            try:
                with os.scandir(folder) as found:
                    entries = [e for e in found if e.name.casefold().startswith(start.casefold())]
                entries = [e for e in entries if start.startswith(".") or not e.name.startswith(".")]
                entries.sort(key=lambda e: (not e.is_dir(), e.name.casefold()))
            except (OSError, ValueError) as error:
                return [ListRow(None, ((safe_line(str(error)), styles.failed),))]
            return [_entry_row(e, styles.dim) for e in entries[:MAX_ENTRIES]]

        def tab(key: Any, _text: str) -> str | None:
            return None if key is None else f"{key}{os.sep if Path(key).is_dir() else ''}"

        def chosen(key: str | None) -> None:
            if key is None:
                return
            path = Path(key).expanduser()
            if path.is_dir():
                self.pick(f"{path}{os.sep}")
            else:
                self.send_file(path)

        dialog = Chooser(
            "Send a file", styles, find, text=f"{Path.cwd()}{os.sep}" if text is None else text, other="open folder",
            tab=tab, free=True, placeholder="path",
        )  # fmt: skip
        self._chat.screen.app.push_screen(dialog, chosen)

    def upload_named(self, text: str) -> None:
        """Send the file with a path; choose one when the path is empty.

        Args:
            text: the text.
        """
        if not text:
            self.pick()
            return
        path = Path(text).expanduser()
        if path.is_file():
            self.send_file(path)
        else:
            self._chat.feedback.toast(f"no such file: {text}", "warning")

    def offer_upload(self, path: Path) -> None:
        """Ask whether a pasted path means the file or the text.

        Args:
            path: the file.
        """

        def chosen(key: str | None) -> None:
            if key == "file":
                self.send_file(path)
            elif key == "text":
                self._chat.widgets.composer.insert(str(path))

        question = f"You pasted the path of the file {safe_name(path.name, 60)}."
        buttons = (("text", "Keep the path as text"), ("file", "Send the file"))
        self._chat.screen.app.push_screen(Confirm("File pasted", question, buttons), chosen)

    def send_file(self, path: Path) -> None:
        """Send a file, with the composer's text.

        Args:
            path: the file.
        """
        session, channel, composer = self._chat.session, self._chat.conversation.channel, self._chat.widgets.composer
        client = session.client
        if not self._chat.feedback.online() or client is None:
            return
        text = composer.text.strip()
        mentions = self._chat.conversation.mentioned(text)
        markup = cast("Markup", self._chat.host.settings.markup)
        composer.fill("")
        name = safe_name(path.name, 24)

        async def ask() -> None:
            self._chat.transfers[name] = Progress(0, None)
            try:
                await client.channel(channel).send(
                    text, markup=markup, mentions=mentions, files=[path], progress=self._moved(name)
                )
                session.drafts.keep(str(channel), "")
            except BaseException:
                if self._chat.conversation.channel == channel and text and not composer.text.strip():
                    composer.fill(text)
                raise
            finally:
                self._chat.transfers.pop(name, None)
                self._chat.dirty()

        self._chat.feedback.run(ask(), f"upload of {name}")

    def _moved(self, name: str) -> Callable[[Progress], None]:
        """What shows the progress of a transfer."""

        def moved(progress: Progress) -> None:
            self._chat.transfers[name] = progress
            self._chat.dirty()

        return moved

    # ------------------------------------------------------------ saving, opening

    async def save_to(self, attachment: Attachment, folder: Path) -> Path:
        """Save a file into a folder, and show the progress.

        Args:
            attachment: the file.
            folder: the folder.

        Returns:
            The path of the saved file.

        Raises:
            OdooChatError: it could not be fetched or saved.
        """
        name = safe_name(attachment.name, 24) or f"file {attachment.id}"
        client = self._chat.session.client
        if client is None:
            raise UsageError("not connected to the server")
        try:
            return await client.files.download(attachment, to=folder, progress=self._moved(name))
        finally:
            self._chat.transfers.pop(name, None)
            self._chat.dirty()

    def save(self) -> None:
        """Save the files of the selected message."""
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
        """Download a file into the private folder; None when its bytes are not what its name says, then it is saved."""
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
        self._chat.feedback.toast(f"saved to {path}; files of this kind are not opened", "warning")

    def open_file(self, attachment: Attachment) -> None:
        """Fetch a file and open it with the desktop's program; what is not on the allow list is saved instead.

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
