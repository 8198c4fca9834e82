"""Client link: the live link's state, and waiting until it is open."""

from __future__ import annotations

from odoochat.client.connection import Connection
from odoochat.errors import UsageError
from odoochat.events import LinkChanged, LinkState, Via
from odoochat.net.time_limit import time_limit

__all__ = ["ClientLink"]


class ClientLink:
    """A client's live link. `LinkChanged` events report changes in its state.

    Args:
        connection: the open connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __repr__(self) -> str:
        return f"<ClientLink {self.now}>"

    @property
    def now(self) -> LinkChanged:
        """The latest change in the link's state; the state is ``closed`` if there is no link."""
        return self._connection.status.now

    @property
    def state(self) -> LinkState:
        """``connecting``, ``open``, ``waiting`` or ``closed``."""
        return self.now.state

    @property
    def via(self) -> Via | None:
        """The transport in use or being tried, or None if closed."""
        return self.now.via

    @property
    def retry_in(self) -> float | None:
        """Seconds from the last change until the next attempt, or None if not waiting."""
        return self.now.retry_in

    @property
    def reason(self) -> str | None:
        """A description of why the link is in this state, or None if nothing is wrong."""
        return self.now.reason

    async def wait_open(self, timeout: float | None = None) -> LinkChanged:
        """Wait until the link is open.

        Args:
            timeout: seconds to wait; None to wait forever.

        Returns:
            The state of the link.

        Raises:
            TimedOut: the link did not open in time.
            LoginError: the link closed permanently; depending on the reason, this may be a different `OdooChatError`.
            UsageError: the client was connected with ``live=False``, or is closed.
        """
        if self._connection.live_link is None:
            raise UsageError("this client was connected with live=False")

        def text() -> str:
            return f"the live link did not open within {timeout:g} s" + (f": {self.reason}" if self.reason else "")

        async with time_limit(timeout, text):
            return await self._connection.status.wait_open()
