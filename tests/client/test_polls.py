"""Polls of 20 from end to end: created by one user, received by another, on the sandbox."""

from __future__ import annotations

from odoochat import MessagePosted, PollChanged
from odoochat.core.polls import KnownPolls
from odoochat.sandbox import Sandbox
from odoochat.wire.decoders.polls import polls_in
from tests.timings import quick_connect


async def test_a_poll_is_received_and_voted_on() -> None:
    async with (
        Sandbox(20) as box,
        quick_connect(box.url, login="alice", password="alice") as alice,
        quick_connect(box.url, login="bob", password="bob") as bob,
    ):
        await alice.link.wait_open(10)
        await bob.link.wait_open(10)
        arrived = bob.events(PollChanged)
        posted = bob.events(MessagePosted)
        polls = alice._connection.session.dialect.polls
        options = [("Pizza", "🍕"), ("Soup", "")]
        room = alice.channel("general").id
        number = await alice._connection.session.do(polls.create(room, "Lunch?", options, minutes=5, several=False))
        event = await arrived.get(10)
        message = (await posted.get(10)).message
        assert event.message_id == message.id
        assert event.poll is not None
        assert (event.poll.id, event.poll.question) == (number, "Lunch?")
        assert [(option.label, option.emoji) for option in event.poll.options] == options
        mine = alice.events(PollChanged)
        await alice._connection.session.do(polls.vote(event.poll.id, [event.poll.options[0].id]))
        voted = (await arrived.get(10)).poll
        assert voted is not None
        assert [(option.votes, option.mine) for option in voted.options] == [(1, False), (0, False)]
        while True:
            own = (await mine.get(10)).poll
            if own is not None and own.options[0].mine and own.options[0].votes:
                break
        await alice._connection.session.do(polls.end(event.poll.id))
        over = (await arrived.get(10)).poll
        assert over is not None
        assert over.closed


async def test_the_poll_of_an_older_message_is_fetched() -> None:
    async with Sandbox(20) as box, quick_connect(box.url, login="bob", password="bob") as bob:
        number = box.world.polls.create(
            box.world.uid("alice"), 1, "Lunch?", [("Pizza", None), ("Soup", None)], minutes=5
        )
        message = box.world.state.polls.get(number)["start_message_id"]  # type: ignore[index]
        polls = bob._connection.session.dialect.polls
        answer = await bob._connection.session.do(polls.fetch(1, message))
        assert isinstance(answer, dict)
        found = polls_in(answer)
        assert found is not None
        known = KnownPolls()
        known.apply(found)
        poll = known.of_message(message)
        assert poll is not None
        assert [option.label for option in poll.options] == ["Pizza", "Soup"]
