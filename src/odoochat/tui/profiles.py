"""Profiles: the users and servers between which the chat screen switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from odoochat.tui.session import ChatSession, Opener
from odoochat.tui.storage.cache import Cache
from odoochat.tui.storage.drafts import Drafts

__all__ = ["Profile", "ServerUser", "distinct_profiles", "open_session"]


@dataclass(frozen=True)
class ServerUser:
    """A user of a database.

    Attributes:
        url: the server's base URL.
        db: the database; empty if unknown.
        login: the user's login; empty if unknown.
    """

    url: str
    db: str = ""
    login: str = ""

    def is_same_user(self, other: ServerUser) -> bool:
        """Return whether both are known to be the same user.

        A missing database is the same as any: connecting without it succeeds only if there is one to choose.

        Args:
            other: the other one.
        """
        if not self.login or self.login != other.login or self.url != other.url:
            return False
        return not self.db or not other.db or self.db == other.db


@dataclass(frozen=True)
class Profile:
    """A user on a server.

    Attributes:
        name: the display name.
        place: base name of the files for the cache and drafts; an empty string to keep both in memory.
        opener: a function that returns a new `odoochat.connect(…)`. It is called in a thread after the first paint. Its
            argument is a function that prompts for the two-factor code.
        user: the user and server, as far as the settings name them; None if they do not.
    """

    name: str
    place: str
    opener: Opener
    user: ServerUser | None = None

    def is_used_by(self, session: ChatSession) -> bool:
        """Return whether a session is connected as this profile's user.

        Args:
            session: a session, possibly of a different profile.
        """
        client = session.client
        if client is None or self.user is None:
            return False
        return self.user.is_same_user(ServerUser(client.server.url, client.server.db, client.me.login))


def distinct_profiles(profiles: Sequence[Profile], sessions: Mapping[str, ChatSession], shown: str) -> list[Profile]:
    """Return the profiles without those whose user is connected in another profile's session.

    A session id and an API key name their user only when they connect. A second session of that user could not use the
    outbox of the first.

    Args:
        profiles: the profiles.
        sessions: the sessions by profile name.
        shown: the name of the profile on the screen, which is always included.
    """

    def is_included(profile: Profile) -> bool:
        session = sessions.get(profile.name)
        if profile.name == shown or (session is not None and session.client is not None):
            return True
        return not any(profile.is_used_by(each) for each in sessions.values())

    return [profile for profile in profiles if is_included(profile)]


def open_session(profile: Profile, cache: Path, older: Path | None, state: Path) -> ChatSession:
    """Create the session for a profile.

    Args:
        profile: the profile.
        cache: the cache folder.
        older: the cache folder used by older versions; None if there is none.
        state: the folder for drafts.
    """
    if not profile.place:
        return ChatSession(profile.name, profile.opener, Cache(None), Drafts(None))
    name = f"{profile.place}.sqlite"
    kept = Cache(cache / name, older / name if older is not None else None)
    drafts = Drafts(state / f"{profile.place}.json", profile.user.login if profile.user is not None else "")
    return ChatSession(profile.name, profile.opener, kept, drafts)
