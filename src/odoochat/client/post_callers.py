"""Post callers: the callers that wait for a message to be posted. Several of them may wait for the same message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from odoochat.client.own_posts import PostResult
from odoochat.errors import UsageError

__all__ = ["PostCallers"]


class PostCallers:
    """Counts the callers that wait for each post.

    Args:
        withdraw: called with a post's task when its last caller has been cancelled.

    Attributes:
        closed: whether the client was closed, which cancels all posts.
    """

    def __init__(self, withdraw: Callable[[asyncio.Task[PostResult]], None]) -> None:
        self._withdraw = withdraw
        self._counts: dict[asyncio.Task[PostResult], int] = {}
        self.closed = False

    async def wait(self, task: asyncio.Task[PostResult]) -> PostResult:
        """Wait for a post.

        Args:
            task: the post's task.

        Returns:
            The task's result.

        Raises:
            UsageError: the client was closed, or the message was removed from the outbox.
            OdooChatError: the message was not posted.
        """
        self._counts[task] = self._counts.get(task, 0) + 1
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if task.cancelled() and caller is not None and not caller.cancelling():
                removed = "the message was removed from the outbox before it was posted"
                raise UsageError("the client was closed during the call" if self.closed else removed) from None
            if self._counts[task] == 1:
                self._withdraw(task)
            raise
        finally:
            self._counts[task] -= 1
            if not self._counts[task]:
                del self._counts[task]
