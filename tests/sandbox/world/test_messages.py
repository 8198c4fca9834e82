"""Messages: inbox, history, stars, search and unlink."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw

NOW = 2**40
every = pytest.mark.parametrize("sandbox", [14, 15, 16, 17, 18, 19, 20], indirect=True)
routed = pytest.mark.parametrize("sandbox", [15, 16, 17, 18, 19], indirect=True)


async def box(raw: Raw, sandbox: Sandbox, name: str, **page: Any) -> list[int]:
    """The ids of the messages in a mailbox."""
    if sandbox.version >= 19:
        page = {"fetch_params": page}
    elif sandbox.version < 17:
        page = {{"before": "max_id", "after": "min_id"}.get(key, key): value for key, value in page.items()}
    found = await raw.route(f"/mail/{name}/messages", **page)
    messages = found if sandbox.version < 17 else found["messages"]
    return [one if isinstance(one, int) else one["id"] for one in messages]


async def counters(raw: Raw, sandbox: Sandbox) -> tuple[int, int]:
    """The counters of inbox and starred messages in the answer of init_messaging."""
    if sandbox.version < 18:
        boot = await raw.route("/mail/init_messaging")
        return boot["needaction_inbox_counter"], boot["starred_counter"]
    asked: dict[str, Any] = {"init_messaging": {}} if sandbox.version < 19 else {"fetch_params": ["init_messaging"]}
    store = (await raw.route("/mail/data", **asked))["Store"]
    return store["inbox"]["counter"], store["starred"]["counter"]


@routed
async def test_the_boxes_have_pages(sandbox: Sandbox, alice: Raw) -> None:
    me = sandbox.users["alice"][1]
    ids = [sandbox.world.post("bob", "general", f"@Alice {i}", partners=[me]) for i in range(5)]
    assert await counters(alice, sandbox) == (5, 0)
    assert await box(alice, sandbox, "inbox", limit=2) == [ids[4], ids[3]]
    assert await box(alice, sandbox, "inbox", limit=2, before=ids[3]) == [ids[2], ids[1]]
    assert await box(alice, sandbox, "inbox", limit=2, after=ids[1]) == [ids[3], ids[2]]
    assert await box(alice, sandbox, "history") == []
    await alice.kw("mail.message", "set_message_done", ids[:2])
    assert await box(alice, sandbox, "history") == [ids[1], ids[0]]
    await alice.kw("mail.message", "toggle_message_starred", [ids[0]])
    await alice.kw("mail.message", "toggle_message_starred", [ids[4]])
    assert await box(alice, sandbox, "starred") == [ids[4], ids[0]]
    assert await counters(alice, sandbox) == (3, 2)
    if sandbox.version >= 17:
        page: dict[str, Any] = {"search_term": "alice 3", "limit": 1}
        found = await alice.route(
            "/mail/inbox/messages", **({"fetch_params": page} if sandbox.version >= 19 else page)
        )  # fmt: skip
        assert (found["count"], len(found["messages"])) == (1, 1)


@every
async def test_domains_over_marks(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    plain = sandbox.world.post("bob", "general", "Grüße aus dem Büro")
    first, second = (sandbox.world.post("bob", "general", f"@Alice {i}", partners=[me]) for i in (1, 2))
    await alice.kw("mail.message", "set_message_done", [first])
    starred = "starred"
    if sandbox.version < 20:
        await alice.kw("mail.message", "toggle_message_starred", [plain])
    else:
        starred = "is_bookmarked"
        await alice.route("/mail/store", fetch_params=[["add_bookmark", {"message_id": plain}]])

    async def found(*domain: Any) -> list[int]:
        ids: list[int] = await alice.x("mail.message", "search", [["id", "in", [plain, first, second]], *domain])
        return ids

    assert await found(["needaction", "=", True]) == [second]
    assert await found(["needaction", "=", False]) == [first]  # the history, as in Odoo
    assert await found([starred, "=", True]) == [plain]
    assert await found([starred, "=", False]) == [second, first]
    assert await found(["partner_ids", "in", [me]]) == [second, first]
    assert await found(["notified_partner_ids", "in", [me]]) == [second, first]
    assert await found(["body", "ilike", "GRÜSSE"]) == []
    assert await found(["body", "ilike", "grüße%büro"]) == [plain]
    (row,) = await alice.x("mail.message", "read", [second], [starred, "needaction", "partner_ids", "subtype_id"])
    assert row == {"id": second, starred: False, "needaction": True, "partner_ids": [me],
                   "subtype_id": [1, "Discussions"]}  # fmt: skip


@pytest.mark.parametrize("sandbox", [16, 17, 18, 19], indirect=True)
async def test_emptying_the_inbox_and_the_stars(sandbox: Sandbox, alice: Raw) -> None:
    me = sandbox.users["alice"][1]
    ids = [sandbox.world.post("bob", "general", f"@Alice {i}", partners=[me]) for i in range(3)]
    listener = await alice.socket(NOW)
    await listener.ready()
    listener.received.clear()
    assert await alice.kw("mail.message", "mark_all_as_read", [["id", "=", ids[0]]]) == [ids[0]]
    read = {"message_ids": [ids[0]], "needaction_inbox_counter": 2}
    assert await listener.until("mail.message/mark_as_read") == read
    await alice.kw("mail.message", "mark_all_as_read")
    assert (await listener.until("mail.message/mark_as_read"))["needaction_inbox_counter"] == 0
    await alice.kw("mail.message", "toggle_message_starred", [ids[1]])
    await alice.kw("mail.message", "unstar_all")
    assert await listener.until("mail.message/toggle_star") == {"message_ids": [ids[1]], "starred": True}
    assert await listener.until("mail.message/toggle_star") == {"message_ids": [ids[1]], "starred": False}
    assert await counters(alice, sandbox) == (0, 0)


@pytest.mark.parametrize("sandbox", [14], indirect=True)
async def test_the_inbox_of_14(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    last = (await alice.poll(0, peek=True))["notifications"]
    assert last == []
    one = await bob.post(1, "@Alice", model="mail.channel", partner_ids=[me])
    boot = await alice.route("/mail/init_messaging")
    general = boot["channel_slots"]["channel_channel"][0]
    assert (boot["needaction_inbox_counter"], general["message_needaction_counter"]) == (1, 1)
    assert await alice.kw("mail.message", "mark_all_as_read", [["id", "=", one]]) == [[one, "general"]]
    assert await alice.kw("mail.message", "mark_all_as_read") == []
    await alice.kw("mail.message", "unlink", [one])
    notified = [(row["channel"][1], row["message"].get("type")) for row in await alice.poll(0)]
    assert notified == [("ir.needaction", None), ("mail.channel", None), ("res.partner", "mark_as_read"),
                    ("res.partner", "mark_as_read")]  # fmt: skip


@every
async def test_who_may_write_the_channel_may_unlink_its_messages(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    own, others = (
        sandbox.world.post("bob", "general", "@Alice", partners=[me]),
        sandbox.world.post("bob", "general", "x"),
    )
    assert await bob.kw("mail.message", "unlink", [own]) is True
    assert await alice.kw("mail.message", "unlink", [others]) is True
    private = sandbox.world.channels.create(bob.uid, "private", "group")
    secret = sandbox.world.post("bob", private, "secret")
    _, text = await alice.fault("mail.message", "unlink", [secret])
    assert "mail.message" in text
    assert sandbox.world.state.messages.get(secret) is not None


@pytest.mark.parametrize("sandbox", [17, 18, 19], indirect=True)
async def test_a_search_in_a_channel(sandbox: Sandbox, alice: Raw) -> None:
    page: dict[str, Any] = {"search_term": "COFFEE again", "limit": 5}
    asked = {"fetch_params": page} if sandbox.version >= 19 else page
    found = await alice.route("/discuss/channel/messages", channel_id=1, **asked)
    assert (found["count"], len(found["messages"])) == (1, 1)
    if sandbox.version >= 19:
        found = await alice.route("/discuss/channel/messages", channel_id=1, fetch_params={"is_notification": True})
        assert found["messages"] == []
        error = await alice.error("/discuss/channel/messages", channel_id=1, fetch_params={"wrong": True})
        assert error["data"]["name"] == "builtins.TypeError"
