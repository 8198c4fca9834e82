"""The state of the live link, to be read and to be waited for."""

from __future__ import annotations

import asyncio

from odoochat.errors import OdooChatError
from odoochat.events import LinkChanged

__all__ = ["LinkStatus"]


class LinkStatus:
    """What is known of one client's live link.

    Attributes:
        now: the state that the subscribers were told last.
        error: why the link ended for good, None while it has not.
        opened: set while the link is open.
    """

    def __init__(self) -> None:
        self.now = LinkChanged("closed")
        self.error: BaseException | None = None
        self.opened = asyncio.Event()
        self._decided = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether the link will never open again."""
        return self._ended.is_set()

    def changed(self, event: LinkChanged) -> None:
        """Takes a new state."""
        self.now = event
        if event.state == "open" and not self.ended:
            self.opened.set()
        else:
            self.opened.clear()
        if event.state in ("open", "waiting"):
            self._decided.set()

    def end(self, error: BaseException) -> None:
        """The link ended for good; whoever waits for it is told why."""
        if self.error is None:
            self.error = error
        self.opened.clear()
        self._ended.set()
        self._decided.set()

    async def decided(self) -> None:
        """Waits until the first attempt is decided: the link is open, waits for the next try, or ended."""
        await self._decided.wait()

    async def wait_open(self) -> LinkChanged:
        """Waits until the link is open.

        Returns:
            Its state.

        Raises:
            OdooChatError: the link ended for good, and why.
        """
        while not self.opened.is_set():
            if self.ended:
                raise self._reason()
            opened, ended = asyncio.ensure_future(self.opened.wait()), asyncio.ensure_future(self._ended.wait())
            try:
                await asyncio.wait((opened, ended), return_when=asyncio.FIRST_COMPLETED)
            finally:
                opened.cancel()
                ended.cancel()
        return self.now

    def _reason(self) -> BaseException:
        assert self.error is not None
        if isinstance(self.error, OdooChatError):
            return self.error.with_traceback(None)
        return self.error
