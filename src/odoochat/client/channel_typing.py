"""Channel typing: sends and reads a channel's typing notifications."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from odoochat.client.services import Services
from odoochat.errors import LinkError, NotFound, ProtocolError, ServerFault
from odoochat.model import Author

__all__ = ["ChannelTyping"]

log = logging.getLogger("odoochat")

REPEAT_SECONDS = 50.0
"""Seconds between repeated notifications, as in the web client; other clients expire them after 60 s."""


class ChannelTyping:
    """Typing notifications of a channel: ``async with channel.typing():`` shows the current user as typing.

    Args:
        channel_id: the channel's id.
        services: the client's services.
    """

    def __init__(self, channel_id: int, services: Services) -> None:
        self._channel_id = channel_id
        self._services = services

    @asynccontextmanager
    async def __call__(self) -> AsyncGenerator[None]:
        """Show the current user as typing while the block runs. Failed notifications are ignored.

        Raises:
            ApiKeyOnly: the login has no session, which Odoo 16 and later require.
        """
        await self._notify_quietly(typing=True)
        task = asyncio.create_task(self._repeat(), name="odoochat typing")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._notify_quietly(typing=False)

    async def start(self) -> None:
        """Show the current user as typing for up to 60 seconds.

        Raises:
            ApiKeyOnly: the login has no session, which Odoo 16 and later require.
            NotFound: the user is not a member. (Without this check, Odoo 17 and later would make them one.)
        """
        await self._notify(typing=True)

    async def stop(self) -> None:
        """Show the current user as no longer typing.

        Raises:
            ApiKeyOnly, NotFound: see `start`.
        """
        await self._notify(typing=False)

    def authors(self) -> list[Author]:
        """Return the members who are typing."""
        return self._services.state.typing(self._channel_id, self._services.clock())

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(REPEAT_SECONDS)
            await self._notify_quietly(typing=True)

    async def _notify_quietly(self, *, typing: bool) -> None:
        try:
            await self._notify(typing=typing)
        except (LinkError, ServerFault, ProtocolError) as error:
            log.debug("sending the typing indicator: %s", error)

    async def _notify(self, *, typing: bool) -> None:
        session = self._services.session
        session.require("typing")
        if self._services.state.info(self._channel_id) is None:
            raise NotFound(
                "channel", f"you are not a member of channel {self._channel_id}; join it before you type in it"
            )
        await session.do(session.dialect.membership.typing(self._channel_id, typing))
