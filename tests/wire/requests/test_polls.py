"""Requests about polls."""

from __future__ import annotations

from odoochat.model import Version
from odoochat.wire.requests.call import Route
from odoochat.wire.versions.registry import dialect_for


def test_each_request() -> None:
    polls = dialect_for(Version(20)).polls
    made = polls.create(7, "Lunch?", [("Pizza", "🍕"), ("Soup", "")], minutes=10, several=True)
    assert made == Route("/mail/poll/create", {
        "question": "Lunch?", "duration": 10, "allow_multiple_options": True, "thread_id": 7,
        "thread_model": "discuss.channel",
        "options": [{"label": "Pizza", "emoji": "🍕"}, {"label": "Soup", "emoji": False}],
    })  # fmt: skip
    assert polls.vote(3, (11,)) == Route("/mail/poll/vote", {"poll_id": 3, "option_ids": [11]})
    assert polls.remove_vote(3) == Route("/mail/poll/remove_vote", {"poll_id": 3})
    assert polls.end(3) == Route("/mail/poll/end", {"poll_id": 3})
    assert polls.delete(3) == Route("/mail/poll/delete", {"poll_id": 3})
    page = {"channel_id": 7, "fetch_params": {"before": 41, "limit": 1}}
    asked = Route("/mail/store", {"fetch_params": [["/discuss/channel/messages", page, 1]]})
    assert polls.fetch(7, 40) == asked
