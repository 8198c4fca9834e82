"""Polls of 20, from its sources: creation, votes, end, deletion, and their notifications."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw
from tests.sandbox.versions.test_odoo20 import listener, now, store, twenty

INSERT = "mail.record/insert"
CHOICES = [{"label": "Pizza", "emoji": "🍕"}, {"label": "Soup", "emoji": False}, {"label": "Salad"}]


async def make(raw: Raw, **more: Any) -> int:
    values = {"duration": 10, "options": CHOICES, "question": "Lunch?", "thread_id": 1,
              "thread_model": "discuss.channel", **more}  # fmt: skip
    made = await raw.route("/mail/poll/create", **values)
    assert isinstance(made, int)
    return made


@twenty
async def test_a_poll_is_sent_to_all(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    received = await listener(bob, now(sandbox))
    poll = await make(alice)
    notified = (await received.until("discuss.channel/new_message"))["store_data"]
    message = notified["mail.message"][0]
    assert message["body"] == ""
    (record,) = notified["mail.poll"]
    assert (record["poll_question"], record["end_message_id"], record["create_uid"]) == ("Lunch?", False, alice.uid)
    options = {option["id"]: option for option in notified["mail.poll.option"]}
    assert [options[i]["option_label"] for i in record["option_ids"]] == ["Pizza", "Soup", "Salad"]
    assert [options[i]["option_emoji"] for i in record["option_ids"]] == ["🍕", False, False]
    assert all("selected_by_self" not in option for option in options.values())
    assert notified["mail.message"][0]["started_poll_ids"] == [poll]
    page = {"channel_id": 1, "fetch_params": {"around": message["id"], "limit": 2}}
    answer = await store(bob, ["/discuss/channel/messages", page, 1])
    assert [option["selected_by_self"] for option in answer["mail.poll.option"]] == [False] * 3


@twenty
async def test_votes_are_counted_and_taken_back(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    poll = await make(alice)
    pizza, soup, _ = (option["id"] for option in sandbox.world.state.polls.options(poll))
    mine, others = await listener(alice, now(sandbox)), await listener(bob, now(sandbox))
    await alice.route("/mail/poll/vote", poll_id=poll, option_ids=[pizza])
    own = await mine.until(INSERT, holding="mail.poll.option")
    assert own["mail.poll.option"] == [{"id": pizza, "selected_by_self": True}]
    notified = await others.until(INSERT, holding="mail.poll.option")
    assert [(o["number_of_votes"], o["vote_percentage"]) for o in notified["mail.poll.option"]] == [
        (1, 100),
        (0, 0),
        (0, 0),
    ]
    (vote,) = notified["mail.poll.vote"]
    assert (vote["option_id"], vote["user_id"], vote["guest_id"]) == (pizza, alice.uid, False)
    assert (await store(bob, ["/mail/poll_option/votes", {"poll_option_id": pizza}]))["mail.poll.vote"] == [vote]
    for options in ([soup], [pizza]):
        refused = await alice.answer("/mail/poll/vote", poll_id=poll, option_ids=options)
        assert refused["error"]["data"]["name"] == "odoo.exceptions.ValidationError"
    await alice.route("/mail/poll/remove_vote", poll_id=poll)
    notified = await others.until(INSERT, holding="mail.poll.option")
    assert notified["mail.poll.option"][0]["vote_ids"] == [["DELETE", [vote["id"]]]]
    await alice.route("/mail/poll/vote", poll_id=poll, option_ids=[soup])
    assert [v["option_id"] for v in sandbox.world.state.polls.votes_by(poll, alice.uid)] == [soup]


@twenty
async def test_several_votes_where_they_are_allowed(sandbox: Sandbox, alice: Raw) -> None:
    poll = await make(alice, allow_multiple_options=True)
    options = [option["id"] for option in sandbox.world.state.polls.options(poll)]
    await alice.route("/mail/poll/vote", poll_id=poll, option_ids=options[:2])
    assert list(sandbox.world.state.polls.percentages(poll).values()) == [50, 50, 0]


@twenty
async def test_a_poll_ends_and_goes(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    poll = await make(alice)
    pizza = sandbox.world.state.polls.options(poll)[0]["id"]
    await bob.route("/mail/poll/vote", poll_id=poll, option_ids=[pizza])
    received = await listener(bob, now(sandbox))
    await bob.route("/mail/poll/end", poll_id=poll)
    assert await received.silent(0.1)  # sent to its voter only
    await alice.route("/mail/poll/end", poll_id=poll)
    (record,) = (await received.until("discuss.channel/new_message"))["store_data"]["mail.poll"]
    assert record["end_message_id"]
    assert record["winning_option_id"] == pizza
    refused = await alice.answer("/mail/poll/vote", poll_id=poll, option_ids=[pizza])
    assert "closed poll" in refused["error"]["data"]["message"]
    await bob.route("/mail/poll/delete", poll_id=poll)
    assert sandbox.world.state.polls.get(poll) is not None
    await alice.route("/mail/poll/delete", poll_id=poll)
    notified = await received.until(INSERT, holding="mail.message")
    while notified["mail.message"][0].get("started_poll_ids") != []:
        notified = await received.until(INSERT, holding="mail.message")
    assert sandbox.world.state.polls.get(poll) is None


async def test_time_ends_a_poll() -> None:
    seconds = 1_800_000_000.0

    def clock() -> float:
        return seconds

    async with Sandbox(20, clock=clock) as sandbox, Raw(sandbox.url, sandbox.db, "alice") as alice:
        await alice.log_in()
        poll = await make(alice, duration=1)
        await store(alice)
        assert sandbox.world.state.polls.get(poll)["end_message_id"] is None  # type: ignore[index]
        seconds += 61
        await store(alice)
        assert sandbox.world.state.polls.get(poll)["end_message_id"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("votes", "shares"),
    [((0, 0, 0), [0, 0, 0]), ((1, 1, 1), [33, 33, 33]), ((2, 1, 0), [67, 33, 0]), ((5, 2, 0), [71, 29, 0])],
)
async def test_percentages(votes: tuple[int, ...], shares: list[int]) -> None:
    async with Sandbox(20) as sandbox:
        polls = sandbox.world.state.polls
        poll = polls.create(1, "?", [(name, None) for name in "abc"], uid=2, minutes=1)
        for option, count in zip(polls.options(poll), votes, strict=True):
            for uid in range(100, 100 + count):
                polls.vote(option["id"], uid)
        assert list(polls.percentages(poll).values()) == shares


@twenty
async def test_no_poll_without_words_or_elsewhere(sandbox: Sandbox, alice: Raw) -> None:
    values = {"duration": 1, "question": "?", "thread_id": 1, "thread_model": "discuss.channel"}
    empty = await alice.answer("/mail/poll/create", **values, options=[{"label": " "}])
    assert empty["error"]["data"]["name"] == "odoo.exceptions.ValidationError"
    other = await alice.answer("/mail/poll/create", **{**values, "thread_model": "res.partner"}, options=CHOICES)
    assert "result" not in other
