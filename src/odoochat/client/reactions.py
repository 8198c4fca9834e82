"""Reactions: adds existing reactions to fetched messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.errors import OdooChatError
from odoochat.model import Message, Reaction
from odoochat.wire.requests.reactions import ReactionLookup, reaction_lookups

__all__ = ["Reactions"]

AT_ONCE = 2
"""Maximum number of concurrent requests for one page."""

log = logging.getLogger("odoochat")


class Reactions:
    """Fetches the reactions of messages that were fetched by RPC, because their rows do not include them.

    Args:
        session: sends the requests.
        state: stores reactions that were fetched or received live.
    """

    def __init__(self, session: Session, state: ClientState) -> None:
        self._session = session
        self._state = state

    async def complete(self, messages: Sequence[Message], *, dense: bool = False) -> list[Message]:
        """Return messages with their reactions.

        If a request fails or the login does not allow it, a message keeps its known reactions, and its
        `reactions_known` is False.

        Args:
            messages: a page, in any order.
            dense: whether the page contains every message of its channel or record from the page's first to its last.
        """
        dialect = self._session.dialect
        missing = [m for m in messages if not m.reactions_known]
        found: dict[int, tuple[Reaction, ...]] = {}
        lookups = reaction_lookups(dialect.table, missing, session=dialect.by_session, complete=dense)
        for at in range(0, len(lookups), AT_ONCE):
            wanted = [each for each in lookups[at : at + AT_ONCE] if any(i not in found for i in each.ids)]
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._look_up(lookup)) for lookup in wanted]
            for task in tasks:
                found |= task.result()
        completed = [self._known(message, found) for message in messages]
        self._state.messages.learn_reactions(m for m in completed if m.id in found)
        return completed

    async def _look_up(self, lookup: ReactionLookup) -> dict[int, tuple[Reaction, ...]]:
        try:
            answer = await self._session.do(lookup.action)
        except OdooChatError as error:
            log.debug("reactions of %d messages: %s", len(lookup.ids), error)
            return {}
        return self._session.dialect.decoder.reactions_in(answer, self._state)

    def _known(self, message: Message, found: dict[int, tuple[Reaction, ...]]) -> Message:
        if message.reactions_known:
            return message
        if (reactions := found.get(message.id)) is not None:
            return msgspec.structs.replace(message, reactions=reactions, reactions_known=True)
        return self._state.messages.with_known_reactions(message)
