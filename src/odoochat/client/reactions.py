"""Completes messages with the reactions that were set before the client knew of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from odoochat.client.session import Account
from odoochat.core.state import Store
from odoochat.errors import OdooChatError
from odoochat.model import Message, Reaction
from odoochat.wire.requests.reactions import lookups

__all__ = ["Reactions"]

log = logging.getLogger("odoochat")


class Reactions:
    """Looks up the reactions of messages that were read by RPC, whose rows do not hold them.

    Args:
        account: sends the requests.
        store: keeps what was found, and knows what was received live.
    """

    def __init__(self, account: Account, store: Store) -> None:
        self._account = account
        self._store = store

    async def complete(self, messages: Sequence[Message], *, dense: bool = False) -> list[Message]:
        """The same messages with their reactions.

        A request that fails, or that the login cannot make, costs nothing but the reactions: a message then keeps those
        that are known, and its `reactions_known` is False.

        Args:
            messages: a page, in any order.
            dense: whether the page holds all messages of its channel or record between its first and its last.
        """
        dialect = self._account.dialect
        missing = [m for m in messages if not m.reactions_known]
        found: dict[int, tuple[Reaction, ...]] = {}
        for lookup in lookups(dialect.generation, missing, session=self._account.session, complete=dense):
            if all(number in found for number in lookup.ids):
                continue
            try:
                answer = await self._account.do(lookup.action)
            except OdooChatError as error:
                log.debug("reactions of %d messages: %s", len(lookup.ids), error)
                continue
            found |= dialect.reactions_in(answer, self._store)
        completed = [self._known(message, found) for message in messages]
        self._store.learn_reactions(m for m in completed if m.id in found)
        return completed

    def _known(self, message: Message, found: dict[int, tuple[Reaction, ...]]) -> Message:
        if message.reactions_known:
            return message
        if (reactions := found.get(message.id)) is not None:
            return msgspec.structs.replace(message, reactions=reactions, reactions_known=True)
        return self._store.with_known_reactions(message)
