"""Stores each channel's draft, unsent messages, and the history of sent messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from odoochat.private_file import read_private, write_private

__all__ = ["Answering", "Drafts", "Unsent", "has_lines"]

HISTORY = 100

UNKNOWN_WRITER = "it was written before the account was known"


class Unsent(msgspec.Struct):
    """A message that is waiting for the first connection or that the server has rejected.

    Attributes:
        local_id: identifies the message until it is sent.
        channel: the channel's id.
        text: the message's text.
        error: why the message was rejected; empty while it is waiting.
        markup: markup of the text: ``text`` or ``markdown``.
        reply_to: the id of the message to reply to.
        mentions: partner ids of the mentioned people.
        handed: whether the message was passed to a client, which may have posted it.
        owner: the account as which the message is sent, see `Drafts.belongs_to`; empty if it is not known yet.
    """

    local_id: str
    channel: int
    text: str
    error: str = ""
    markup: str = "text"
    reply_to: int | None = None
    mentions: tuple[int, ...] = ()
    handed: bool = False
    owner: str = ""


class Answering(msgspec.Struct, frozen=True, omit_defaults=True):
    """The message being replied to or edited in a channel's draft.

    Attributes:
        reply_to: the id of the message to which the draft replies.
        edits: the id of the message whose text `edited` will replace. The draft is kept until the edit ends.
        edited: the new text.
    """

    reply_to: int | None = None
    edits: int | None = None
    edited: str = ""


class Drafts:
    """Drafts, unsent messages and other data that must not be lost.

    Args:
        path: the file, readable only by its owner; None to keep everything in memory.
        login: the login in the settings, to which everything in the file belongs; empty if any account may use the
            file, because only connecting shows who is logged in.

    Attributes:
        owner: the account to which the file belongs, see `belongs_to`; empty if it is not known yet.
        account: the account that is or was connected, see `belongs_to`; empty before the first connection.
        error: why the last write to disk failed; None if it succeeded.
        history: the text of sent messages, oldest first.
        favourites: ids of the channels to show at the top of the list.
        muted: ids of channels muted on this screen only, because the server does not support muting.
        last: the id of the channel that was open last.
        unsent: messages that are waiting for the first connection, and rejected messages.
        answering: the message being replied to or edited in each draft, keyed by channel id as a string.
        emojis: how often each emoji was used.
    """

    def __init__(self, path: Path | None, login: str = "") -> None:
        self.error: str | None = None
        self.owner = self.account = ""
        self._path = path
        self._login = login
        self._texts: dict[str, str] = {}
        self.history: list[str] = []
        self.favourites: set[int] = set()
        self.muted: set[int] = set()
        self.last = 0
        self.unsent: list[Unsent] = []
        self.answering: dict[str, Answering] = {}
        self.emojis: dict[str, int] = {}
        self._kept = b""
        self._read()
        self._shared = self._path
        self._first_texts, self._first_answering = {**self._texts}, {**self.answering}
        self._earlier = {each.local_id for each in self.unsent}

    def _read(self) -> None:
        if self._path is None:
            return
        try:
            data = read_private(self._path)
        except FileNotFoundError:
            return
        except OSError as error:
            self._leave_alone(error.strerror or str(error))
            return
        try:
            kept: Any = msgspec.json.decode(data)
            self._texts = {str(k): str(v) for k, v in kept["drafts"].items()}
            self.history = [str(each) for each in kept["history"]]
            self.favourites = {int(each) for each in kept["favourites"]}
            self.muted = {int(each) for each in kept["muted"]}
            self.last = int(kept["last"])
            self.unsent = msgspec.convert(kept.get("unsent", []), list[Unsent])
            self.answering = msgspec.convert(kept.get("answering", {}), dict[str, Answering])
            self.emojis = msgspec.convert(kept.get("emojis", {}), dict[str, int])
            self.owner = str(kept.get("owner", ""))
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError, AttributeError):
            self._leave_alone(f"{self._path} is damaged")

    def _leave_alone(self, reason: str) -> None:
        """Switch to a second file so that an unreadable file is not overwritten."""
        assert self._path is not None
        if not self._path.name.endswith(".new.json"):
            self._path = self._path.with_suffix(".new.json")
            self._read()
        self.error = reason

    def text(self, place: str) -> str:
        """Return a channel's draft.

        Args:
            place: the channel's id, as a string.
        """
        return self._texts.get(place, "")

    def places(self) -> set[str]:
        """Return the ids of the channels with a draft, as strings."""
        return set(self._texts)

    def keep(self, place: str, text: str) -> None:
        """Store a draft. Call `save` to write it to disk.

        Args:
            place: the channel's id, as a string.
            text: the draft; an empty draft is removed.
        """
        if text.strip():
            self._texts[place] = text
        else:
            self._texts.pop(place, None)

    def answer(self, place: str, answering: Answering) -> None:
        """Store the message being replied to or edited in a channel's draft.

        Args:
            place: the channel's id, as a string.
            answering: the message being replied to or edited, if there is one.
        """
        if answering != Answering():
            self.answering[place] = answering
        else:
            self.answering.pop(place, None)

    def sent(self, text: str) -> None:
        """Add text to the history of sent messages.

        Args:
            text: the text.
        """
        if text.strip() and self.history[-1:] != [text]:
            self.history = [*self.history[-HISTORY + 1 :], text]

    def take_over(self, other: Drafts) -> None:
        """Merge in a closed screen's drafts. If both screens have a draft for a channel, this screen's comes first.

        Args:
            other: the closed screen's drafts.
        """
        for place, text in other._texts.items():
            mine = self._texts.get(place, "")
            if not has_lines(mine, text):
                self._texts[place] = f"{mine}\n{text}" if mine else text
        sent = set(self.history)
        self.history = [*(text for text in other.history if text not in sent), *self.history][-HISTORY:]
        self.favourites |= other.favourites
        self.muted |= other.muted
        self.owner = self.owner or other.owner
        known = {each.local_id for each in self.unsent}
        self.unsent = [*(each for each in other.unsent if each.local_id not in known), *self.unsent]
        self.last = self.last or other.last
        self.answering = {**other.answering, **self.answering}
        for emoji, count in other.emojis.items():
            self.emojis[emoji] = self.emojis.get(emoji, 0) + count

    def belongs_to(self, owner: str, login: str) -> bool:
        """Assign everything to an account that has just connected, and set aside what belongs to another account.

        A session id or an API key names its account only when it connects, so several accounts can share a file, and
        the last one's drafts are shown before that. The other account's drafts and messages are kept in a file next to
        this one until that account connects again. A message whose writer is unknown stays, marked as not sent.

        Args:
            owner: a string that identifies the server, database and user.
            login: the account's login.

        Returns:
            Whether the drafts of another account were set aside.
        """
        changed = self.owner not in ("", owner)
        if changed:
            self._set_aside(owner)
        self.owner = self.account = owner
        self._restore()
        is_named = self._login == login != "" and not changed
        for each in self.unsent:
            if each.owner or each.error:
                continue
            if is_named or not (changed or each.local_id in self._earlier):
                each.owner = owner
            else:
                each.error = UNKNOWN_WRITER
        self._first_texts, self._first_answering = {}, {}
        self._earlier = set()
        self.save()
        return changed

    def beside(self, owner: str) -> Path | None:
        """Return the file that keeps another account's drafts; None if everything is kept in memory.

        Args:
            owner: the account, see `belongs_to`.
        """
        import hashlib

        digest = hashlib.sha256(owner.encode("utf-8", "replace")).hexdigest()[:12]
        return self._shared.with_suffix(f".{digest}.json") if self._shared is not None else None

    def _set_aside(self, owner: str) -> None:
        """Move what belongs to the current owner to another file, and keep only what another account has written."""
        other = Drafts(self.beside(self.owner))
        theirs, mine = Drafts(None), Drafts(None)
        theirs.owner = self.owner
        if self.account:  # it was connected until now
            theirs._texts, theirs.answering = self._texts, self.answering
        else:
            theirs._texts, theirs.answering = self._first_texts, self._first_answering
            mine._texts = {at: text for at, text in self._texts.items() if text != self._first_texts.get(at)}
        theirs.history, theirs.favourites, theirs.muted = self.history, self.favourites, self.muted
        theirs.last, theirs.emojis = self.last, self.emojis
        theirs.unsent = [each for each in self.unsent if each.owner]
        mine.unsent = [each for each in self.unsent if not each.owner]
        is_kept = other.error is None
        if is_kept:
            other.take_over(theirs)
            is_kept = other.save()
        if not is_kept or self._path != self._shared:  # the file still contains what its owner wrote, so it stays
            self._path, self.error = self.beside(owner), other.error
        self._texts, self.answering, self.unsent = mine._texts, {}, mine.unsent
        self.history, self.favourites, self.muted, self.last, self.emojis = [], set(), set(), 0, {}

    def _restore(self) -> None:
        """Take over what was set aside for the account when another one connected."""
        path = self.beside(self.owner)
        if path is None or not path.exists():
            return
        other = Drafts(path)
        if other.error is not None or other.owner != self.owner:
            return
        own = [*self.unsent]
        self.take_over(other)
        if self.save():
            if path != self._path:
                path.unlink(missing_ok=True)
        else:  # a message in both files could be sent twice
            self.unsent = own

    def unsaved(self) -> list[str]:
        """Return the texts of all drafts and unsent messages if the last write to disk failed."""
        if self.error is None:
            return []
        return [*(self._texts[place] for place in sorted(self._texts)), *(each.text for each in self.unsent)]

    def save(self) -> bool:
        """Write everything to disk. If that fails, set `error` and return False."""
        if self._path is None:
            return True
        data = msgspec.json.encode(
            {
                "drafts": self._texts,
                "history": self.history,
                "favourites": sorted(self.favourites),
                "muted": sorted(self.muted),
                "last": self.last,
                "unsent": self.unsent,
                "answering": self.answering,
                "emojis": self.emojis,
                "owner": self.owner,
            }
        )
        if data == self._kept:
            return self.error is None
        try:
            write_private(self._path, data, durable=False)
        except OSError as error:
            self.error = error.strerror or str(error)
            return False
        self._kept, self.error = data, None
        return True


def has_lines(text: str, lines: str) -> bool:
    """Return whether a text contains other lines; blank lines are contained in every text.

    Args:
        text: the text.
        lines: the lines to look for.
    """
    return not lines.strip() or f"\n{lines.strip()}\n" in f"\n{text.strip()}\n"
