"""Commands for choosing files, attaching them to the draft and sending both."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.style import Style

from odoochat.errors import UsageError
from odoochat.model import Progress
from odoochat.tui.controller import ChatController
from odoochat.tui.rendering.message import size_of
from odoochat.tui.rendering.strips import ListRow
from odoochat.tui.screens.confirm import Confirm
from odoochat.tui.screens.dialogs import Chooser
from odoochat.wire.content.sanitize import safe_line, safe_name

if TYPE_CHECKING:
    from odoochat.client.services import Markup

__all__ = ["UploadCommands", "begun_anew"]

MAX_ENTRIES = 200
MAX_FILES = 20


def begun_anew(text: str) -> str:
    """Return the last path in the input. Typing ``/`` or ``~`` after a folder starts a new path.

    Args:
        text: the input.
    """
    for sign in ("//", "/~"):
        at = text.rfind(sign)
        text = text[at + 1 :] if at >= 0 else text
    return "~/" if text == "~" else text


def _entries(text: str) -> tuple[Path, str]:
    """Split a path into a folder and the start of a file name in that folder."""
    path = Path(text or "~/").expanduser()
    if text.endswith(("/", os.sep)) or not text:
        return path, ""
    return path.parent, path.name


def _file(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_file():
        raise UsageError(f"no such file: {safe_line(text, 80)}")
    return path


def _entry_row(entry: os.DirEntry[str], dim: Style) -> ListRow:
    name = safe_name(entry.name, 120)
    if entry.is_dir():
        return ListRow(entry.path, ((f"{name}/", Style(bold=True)),))
    try:
        size = size_of(entry.stat().st_size)
    except OSError:
        size = ""
    return ListRow(entry.path, ((name, Style()),), size, dim)


def _reason(error: Exception, folder: Path | None) -> str:
    """Return why a folder cannot be listed."""
    where = safe_line(str(folder), 80)
    match error:
        case FileNotFoundError():
            return f"no such folder: {where}"
        case NotADirectoryError():
            return f"{where} is not a folder"
        case PermissionError():
            return f"no permission to read {where}"
        case RuntimeError():  # ~name, but there is no such user
            return "no such user"
        case OSError():
            return f"{where}: {error.strerror or error}"
        case _:
            return "this is not a path"


class UploadCommands:
    """Attaches files to the draft and sends them with it.

    Args:
        chat: the chat screen's controller.
    """

    def __init__(self, chat: ChatController) -> None:
        self._chat = chat

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Return the commands, keyed by name."""
        return {"upload": self.pick}

    # ------------------------------------------------------------------ choosing

    def pick(self) -> None:
        """Let the user choose files to send. Tab adds a file and keeps the dialog open, or opens a folder."""
        styles = self._chat.host.theme_styles

        def find(text: str) -> Sequence[ListRow]:
            folder: Path | None = None
            try:
                folder, start = _entries(text)
                with os.scandir(folder) as found:
                    entries = [e for e in found if e.name.casefold().startswith(start.casefold())]
                entries = [e for e in entries if start.startswith(".") or not e.name.startswith(".")]
                entries.sort(key=lambda e: (not e.is_dir(), e.name.casefold()))
            except (OSError, ValueError, RuntimeError) as error:
                return [ListRow(None, ((_reason(error, folder), styles.failed),))]
            return [_entry_row(e, styles.dim) for e in entries[:MAX_ENTRIES]]

        def further(key: str) -> str | None:
            if Path(key).expanduser().is_dir():
                return f"{key.rstrip(os.sep)}{os.sep}"
            _file(key)
            return None

        def tab(key: Any, text: str) -> str | None:
            if key is None:
                return None
            if (folder := further(key)) is not None:
                return folder
            self.add([Path(key)])
            dialog.heading = f"Send files: {len(self._chat.conversation.draft.files)} chosen"
            return text

        def chosen(key: str | None) -> None:
            if key is not None:
                self.add([Path(key).expanduser()])

        dialog = Chooser(
            "Send files", styles, find, text=f"{Path.cwd()}{os.sep}", other="add, or open folder",
            tab=tab, free=True, placeholder="path of a file", amend=begun_anew, further=further,
        )  # fmt: skip
        self._chat.screen.app.push_screen(dialog, chosen)

    async def upload_named(self, text: str) -> Callable[[], object]:
        """Return a function that attaches the named file, or opens the file dialog if the path is empty.

        Args:
            text: the path.

        Raises:
            UsageError: the file does not exist.
        """
        if not text:
            return self.pick
        path = _file(text)
        return lambda: self.add([path])

    def offer(self, paths: Sequence[Path], text: str) -> None:
        """Ask whether to attach pasted paths as files or paste them as text.

        Args:
            paths: the files.
            text: the pasted text.
        """

        def chosen(key: str | None) -> None:
            if key == "files":
                self.add(paths)
            elif key == "text":
                self._chat.widgets.composer.insert(text)

        names = ", ".join(safe_name(path.name, 60) for path in paths[:MAX_FILES])
        one = len(paths) == 1
        title = "Attach this file?" if one else f"Attach these {len(paths)} files?"
        buttons = (("files", "Attach"), ("text", "Paste the path as text" if one else "Paste the paths as text"))
        self._chat.screen.app.push_screen(Confirm(title, names, buttons), chosen)

    # -------------------------------------------------------------- beside the text

    def add(self, paths: Sequence[Path]) -> None:
        """Attach files to the draft.

        Args:
            paths: the files.
        """
        files = self._chat.conversation.draft.files
        files += [path for path in dict.fromkeys(paths) if path not in files]
        if len(files) > MAX_FILES:
            del files[MAX_FILES:]
            self._chat.feedback.toast(f"a message can have at most {MAX_FILES} files", "warning")
        self._chat.dirty()

    def remove(self, at: int = -1) -> None:
        """Remove an attached file.

        Args:
            at: the file's position; the last file if omitted.
        """
        files = self._chat.conversation.draft.files
        if -len(files) <= at < len(files):
            del files[at]
            self._chat.dirty()

    # ------------------------------------------------------------------- sending

    def send(self, text: str) -> None:
        """Send the files with some text, restoring both to the draft on failure.

        Args:
            text: the text, which may be empty.
        """
        session, conversation, composer = self._chat.session, self._chat.conversation, self._chat.widgets.composer
        client, channel = session.client, conversation.channel
        if not self._chat.feedback.online() or client is None:
            return
        files, conversation.draft.files = conversation.draft.files, []
        replying = conversation.draft.replying
        mentions = conversation.mentioned(text)
        markup = cast("Markup", self._chat.host.settings.markup)
        session.drafts.sent(text)
        conversation.draft.take_out()
        composer.signs.end()
        name = safe_name(files[0].name, 24) + (f" and {len(files) - 1} more" if len(files) > 1 else "")
        reply_to = replying.id if replying is not None else None

        async def ask() -> None:
            self._chat.transfers[name] = Progress(0, None)
            try:
                await client.channel(channel).send(
                    text,
                    markup=markup,
                    mentions=mentions,
                    files=files,
                    reply_to=reply_to,
                    progress=self._chat.transferred(name),
                )
            except BaseException:
                conversation.draft.give_back(channel, text, files, replying)
                raise
            finally:
                self._chat.transfers.pop(name, None)
                self._chat.dirty()

        self._chat.feedback.run(ask(), f"sending {name}")
        self._chat.dirty()
