"""Link status: the state of the live link, and ways to wait for it to change."""

from __future__ import annotations

from odoochat.errors import OdooChatError
from odoochat.events import LinkChanged
from odoochat.net.flag import Flag

__all__ = ["LinkStatus"]


class LinkStatus:
    """Single source of truth for the state of one client's live link.

    Attributes:
        now: the last published state.
        error: why the link ended permanently, or None if it has not.
        opened: set while the link is open.
        openings: number of times the link has opened.
        ended: whether the link has ended permanently.
    """

    __slots__ = ("_changed", "_decided", "ended", "error", "now", "opened", "openings")

    def __init__(self) -> None:
        self.now = LinkChanged("closed")
        self.error: BaseException | None = None
        self.opened = Flag()
        self.openings = 0
        self.ended = False
        self._decided = False
        self._changed = Flag()

    def via_or(self, other: str) -> str:
        """Return the transport that is open or being tried, or a default if there is none.

        Args:
            other: the default.
        """
        return self.now.via or other

    def changed(self, event: LinkChanged) -> None:
        """Set the state.

        Args:
            event: the new state.
        """
        self.now = event
        if event.state == "open" and not self.ended:
            self.openings += 1
            self.opened.set()
        else:
            self.opened.clear()
        self._decided = self._decided or event.state in ("open", "waiting")
        self._changed.pulse()

    def end(self, error: BaseException) -> None:
        """Record that the link ended permanently, so that waiting callers raise the error.

        Args:
            error: the reason.
        """
        if self.error is None:
            self.error = error
        self.opened.clear()
        self.ended = self._decided = True
        self._changed.pulse()

    async def opened_after(self, openings: int) -> None:
        """Wait until the link has opened more than a given number of times.

        Args:
            openings: the number of times.
        """
        while self.openings <= openings:
            await self._changed.wait()

    async def decided(self) -> None:
        """Wait until the first attempt is over: the link is open, waiting to retry, or permanently ended."""
        while not self._decided:
            await self._changed.wait()

    async def wait_open(self) -> LinkChanged:
        """Wait until the link is open.

        Returns:
            Its state.

        Raises:
            OdooChatError: the error that permanently ended the link.
        """
        while not self.opened.is_set():
            if self.ended:
                raise self._reason()
            await self._changed.wait()
        return self.now

    def _reason(self) -> BaseException:
        assert self.error is not None
        if isinstance(self.error, OdooChatError):
            return self.error.with_traceback(None)
        return self.error
