"""Delivery: builds the pipeline that turns notifications and fetched rows into events."""

from __future__ import annotations

import time
from collections.abc import Callable

from odoochat.client.background import Background
from odoochat.client.catchup_runner import CatchUpRunner
from odoochat.client.link_status import LinkStatus
from odoochat.client.membership import Membership
from odoochat.client.own_posts import OwnPosts
from odoochat.client.publisher import Publisher
from odoochat.client.queries import ServerQueries
from odoochat.client.receiver import Receiver
from odoochat.client.session import Session
from odoochat.client.subscription import Subscribers
from odoochat.client.timing import Timing
from odoochat.core.catchup import Catchup
from odoochat.core.outbox import Outbox
from odoochat.core.state import ClientState
from odoochat.net.bus import Bus

__all__ = ["DeliveryPipeline"]


class DeliveryPipeline:
    """Delivers notifications and fetched rows to subscribers as events.

    Args:
        session: the login.
        state: the client's state.
        subscribers: the subscriptions.
        outbox: recognizes the client's own messages.
        queries: fetches channels and messages.
        status: the state of the live link.
        bus: the live link's bus; None for a client without a live link.
        background: runs requests triggered by notifications.
        timing: the client's intervals and time limits.
        messages_wanted: False for a client that only sends or queries, so that it fetches no messages at startup.
        clock: a function that returns the current time in seconds; replaced in tests.

    Attributes:
        catchup: records which messages were delivered.
        publisher: publishes events.
        membership: fetches the user's channels.
        catchup_runner: fetches the messages that the link missed.
        own_posts: finds the messages created by the client's own posts.
        receiver: decodes notifications.
    """

    def __init__(
        self,
        session: Session,
        *,
        state: ClientState,
        subscribers: Subscribers,
        outbox: Outbox,
        queries: ServerQueries,
        status: LinkStatus,
        bus: Bus | None,
        background: Background,
        timing: Timing,
        messages_wanted: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.catchup = catchup = Catchup()
        self.publisher = Publisher(state, subscribers, catchup, outbox, queries, status, background, timing.clock)
        self.membership = Membership(
            state=state,
            publisher=self.publisher,
            catchup=catchup,
            queries=queries,
            bus=bus,
            background=background,
            timing=timing,
            messages_wanted=messages_wanted,
            clock=clock,
        )
        self.catchup_runner = CatchUpRunner(
            state=state,
            publisher=self.publisher,
            membership=self.membership,
            catchup=catchup,
            queries=queries,
            subscribers=subscribers,
            bus=bus,
            timing=timing,
            messages_wanted=messages_wanted,
            clock=clock,
        )
        self.own_posts = OwnPosts(
            state=state,
            publisher=self.publisher,
            catchup_runner=self.catchup_runner,
            queries=queries,
            subscribers=subscribers,
        )
        self.receiver = Receiver(
            session,
            state=state,
            publisher=self.publisher,
            membership=self.membership,
            catchup=catchup,
            catchup_runner=self.catchup_runner,
            queries=queries,
            timing=timing,
        )
