"""Polls of 20."""

from __future__ import annotations

import pytest

from odoochat import PollChanged, UsageError
from tests.contract.features import covers, until


@covers("poll")
async def test_a_poll(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        received = bob.events(PollChanged)
        number = await alice.channel("general").polls.create(f"{unique}?", ["tea", "coffee"], minutes=5)
        event = await until(received, PollChanged, where=lambda e: e.poll.id == number)
        assert event.poll is not None
        assert event.poll.question == f"{unique}?"
        assert [o.label for o in event.poll.options] == ["tea", "coffee"]
        theirs = bob.channel("general")
        await theirs.polls.vote(event.poll, event.poll.options[1])
        event = await until(received, PollChanged, where=lambda e: any(o.votes for o in e.poll.options))
        assert [o.votes for o in event.poll.options] == [0, 1]
        await theirs.polls.unvote(number)
        event = await until(received, PollChanged, where=lambda e: not any(o.votes for o in e.poll.options))
        await alice.channel("general").polls.end(number)
        event = await until(received, PollChanged, where=lambda e: e.poll.closed)
        with pytest.raises(UsageError, match="two options"):
            await theirs.polls.create("only one?", ["yes"])
