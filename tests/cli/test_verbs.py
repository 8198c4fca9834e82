"""The verbs that act on a message or a conversation, as scripts use them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from odoochat.sandbox import Sandbox
from tests.net.front import front

from .conftest import Ran, be

Run = Callable[..., Awaitable[Ran]]

HOSTILE = "a\x1b[31mred\u202e\x9bb"
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@pytest.fixture(params=[14, 16, 17, 18, 19, 20])
async def any_box(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """Sandboxes of every version, with the environment of alice."""
    async with Sandbox(request.param) as box:
        be(monkeypatch, box.url, "alice")
        yield box


async def sent(run: Run, *words: object) -> int:
    """Sends a message; gives its id."""
    ran = await run("send", *words)
    assert ran.code == 0, ran
    return int(ran.out)


async def done(run: Run, *words: object) -> str:
    """Runs a command that must succeed; gives its output."""
    ran = await run(*words)
    assert (ran.code, ran.err) == (0, ""), ran
    return ran.out


async def refused(run: Run, code: int, word: str, *words: object) -> None:
    """Runs a command that must be refused in one line that holds a word."""
    ran = await run(*words)
    assert (ran.code, ran.out) == (code, ""), ran
    assert word in ran.err
    assert len(ran.err.splitlines()) == 1, ran.err


async def message(run: Run, number: int, channel: object = "general") -> dict[str, object]:
    """A message as the history has it."""
    printed = (await run("history", channel, "--json", "--limit", 100)).objects
    return next(m for m in printed if m["id"] == number)


# ---------------------------------------------------------------------- one message


async def test_edit_and_delete(run: Run, any_box: Sandbox) -> None:
    number = await sent(run, "general", "first words")
    assert await done(run, "edit", number, "other words") == ""
    assert (await message(run, number))["text"] == "other words"
    printed = await run("edit", number, "**bold**", "--markdown", "--json")
    assert printed.objects[0]["text"] == "bold"
    assert (await run("delete", number, "--json")).objects == [{"id": number, "deleted": True}]
    assert not any(m["text"] == "bold" for m in (await run("history", "general", "--json")).objects)


async def test_only_mine_can_be_changed(run: Run, any_box: Sandbox) -> None:
    theirs = any_box.world.post("bob", "general", "mine")
    number = theirs if isinstance(theirs, int) else theirs["id"]
    for words in (("edit", number, "stolen"), ("delete", number)):
        ran = await run(*words)
        assert (ran.code, ran.out) == (5, ""), ran
        assert "not yours" in ran.err
    assert (await message(run, number))["text"] == "mine"


async def test_react(run: Run, any_box: Sandbox) -> None:
    number = await sent(run, "general", "nice?")
    if any_box.version < 15:
        await refused(run, 1, "Odoo 15", "react", number, "👍")
        return
    assert await done(run, "react", number, "👍") == ""
    assert (await run("react", number, "🎉", "--json")).objects[0]["id"] == number
    assert await done(run, "react", number, "👍", "--remove") == ""


async def test_a_key_cannot_react(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await sent(run, "general", "nice?")
    monkeypatch.delenv("ODOOCHAT_PASSWORD")
    monkeypatch.setenv("ODOOCHAT_API_KEY", alice.api_key("alice"))
    await refused(run, 4, "session", "react", number, "👍")


async def test_pin(run: Run, any_box: Sandbox) -> None:
    number = await sent(run, "general", "important")
    if any_box.version < 17:
        await refused(run, 1, "Odoo 17", "pin", number)
        return
    assert (await run("pin", number, "--json")).objects[0]["pinned"]
    assert "pinned" not in (await run("pin", number, "--remove", "--json")).objects[0]


async def test_star(run: Run, any_box: Sandbox) -> None:
    number = await sent(run, "general", "good")
    assert await done(run, "star", number) == ""
    if any_box.version < 20:
        assert [m["id"] for m in (await run("inbox", "--starred", "--json")).objects] == [number]
        assert await done(run, "star", number, "--remove") == ""
        assert await done(run, "inbox", "--starred") == ""
    else:
        assert await done(run, "star", number, "--remove") == ""


async def test_forward_and_link(run: Run, any_box: Sandbox) -> None:
    number = await sent(run, "general", "the news")
    there = int(await done(run, "forward", number, "support", "look at this"))
    printed = await message(run, there, "support")
    assert "look at this" in str(printed["text"]) and "the news" in str(printed["text"])
    assert str(number) in await done(run, "link", number)
    assert (await run("link", number, "--json")).objects[0]["link"].startswith(any_box.url)


async def test_who_has_seen_it(run: Run, any_box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await sent(run, "general", "seen?")
    be(monkeypatch, any_box.url, "bob")
    assert await done(run, "read", "general") == ""
    be(monkeypatch, any_box.url, "alice")
    assert "Bob" in (await done(run, "seen", number)).splitlines()
    assert "Bob" in [a["name"] for a in (await run("seen", number, "--json")).objects]


@pytest.mark.parametrize(
    "words", [("edit", 999999, "x"), ("delete", 999999), ("pin", 999999), ("star", 999999), ("link", 999999),
              ("seen", 999999), ("forward", 999999, "general"), ("vote", 999999), ("react", 999999, "👍")],
)  # fmt: skip
async def test_no_such_message(run: Run, alice: Sandbox, words: tuple[object, ...]) -> None:
    await refused(run, 5, "999999", *words)


# -------------------------------------------------------------------- conversations


async def test_a_channel_from_its_beginning_to_its_end(run: Run, any_box: Sandbox) -> None:
    number = int(await done(run, "create", "launch", "--invite", "bob", "--description", "lift-off"))
    printed = (await run("members", "launch", "--json")).objects
    assert {m["author"]["name"] for m in printed} == {"Alice", "Bob"}
    assert "Bob" in await done(run, "members", "#launch")
    assert await done(run, "invite", "launch", "carol", "@dave") == ""
    assert "Dave" in await done(run, "members", number)
    if any_box.version < 15:
        assert await done(run, "remove", "launch", "carol") == ""
        assert "Carol" not in await done(run, "members", number)
    assert await done(run, "rename", "launch", "lunch") == ""
    assert (await run("describe", "lunch", "soup", "--json")).objects[0]["description"] == "soup"
    assert (await run("leave", "lunch", "--json")).objects[0]["id"] == number
    await refused(run, 5, "lunch", "members", "lunch")
    assert str(number) in await done(run, "browse", "lun")
    assert [c["name"] for c in (await run("browse", "--json")).objects if c["id"] == number] == ["lunch"]
    assert int(await done(run, "join", "#lunch")) == number
    assert "Alice" in await done(run, "members", "lunch")


async def test_a_group(run: Run, any_box: Sandbox) -> None:
    if any_box.version < 15:
        await refused(run, 1, "Odoo 15", "create", "trip", "--group", "--invite", "bob")
        return
    printed = (await run("create", "trip", "--group", "--invite", "bob", "--invite", "carol", "--json")).objects[0]
    assert (printed["kind"], printed["name"]) == ("group", "trip")
    assert {m["author"]["name"] for m in (await run("members", "trip", "--json")).objects} == {"Alice", "Bob", "Carol"}


async def test_an_unknown_name_is_not_invited(run: Run, alice: Sandbox) -> None:
    before = (await run("channels", "--json")).objects
    await refused(run, 5, "nobody", "create", "empty", "--invite", "nobody")
    assert (await run("channels", "--json")).objects == before
    await refused(run, 5, "nobody", "invite", "general", "nobody")
    await refused(run, 2, "hide", "leave", "@bob")
    await refused(run, 5, "nowhere", "join", "nowhere")


async def test_read_and_unread(run: Run, any_box: Sandbox) -> None:
    any_box.world.post("bob", "general", "one")
    any_box.world.post("bob", "general", "two")
    printed = (await run("history", "general", "--json", "--limit", 2)).objects
    assert (await run("read", "general", "--json")).objects[0]["unread"] == 0
    if any_box.version < 18:
        await refused(run, 1, "Odoo 18", "unread", "general", printed[0]["id"])
        return
    assert (await run("unread", "general", printed[0]["id"], "--json")).objects[0]["unread"] == 2
    await refused(run, 2, "general", "unread", "support", printed[0]["id"])


async def test_what_notifies_me(run: Run, any_box: Sandbox) -> None:
    if any_box.version < 17:
        await refused(run, 1, "Odoo 17", "mute", "general")
        await refused(run, 1, "Odoo 17", "notify", "general", "mentions")
        return
    assert (await run("mute", "general", "--minutes", 60, "--json")).objects[0]["muted"]
    assert (await run("mute", "general", "--json")).objects[0]["muted"].startswith("9999")
    assert (await run("mute", "general", "--off", "--json")).objects[0]["muted"] is None
    assert (await run("notify", "general", "nothing", "--json")).objects[0]["notify"] == "no_notif"
    assert (await run("notify", "general", "default", "--json")).objects[0]["notify"] is None
    await refused(run, 2, "--minutes", "mute", "general", "--minutes", 0)
    assert (await run("notify", "general", "sometimes")).code == 2


async def test_hide(run: Run, any_box: Sandbox) -> None:
    assert await done(run, "hide", "@bob") == ""
    assert "Bob" not in [c["name"] for c in (await run("channels", "--json")).objects]
    assert "Bob" in [c["name"] for c in (await run("channels", "--all", "--json")).objects]
    assert "Bob: " in await done(run, "history", "@bob")
    assert await done(run, "hide", "@bob", "--off") == ""
    assert "Bob" in [c["name"] for c in (await run("channels", "--json")).objects]


async def test_threads(run: Run, any_box: Sandbox) -> None:
    number = await sent(run, "general", "a long matter")
    if any_box.version < 18:
        await refused(run, 1, "Odoo 18", "thread", "general", "matter")
        return
    made = int(await done(run, "thread", "general", "matter", "--from", number))
    assert str(made) in await done(run, "threads", "general")
    assert [t["name"] for t in (await run("threads", "general", "--json")).objects if t["id"] == made] == ["matter"]
    assert await sent(run, made, "in the thread")
    await refused(run, 2, "general", "thread", "support", "x", "--from", number)


# ------------------------------------------------------------------------ find, people


@pytest.mark.parametrize("words", [("people",), ("browse",), ("search", "hello"), ("history", "general")])
async def test_fewer_than_none_are_refused(run: Run, alice: Sandbox, words: tuple[object, ...]) -> None:
    ran = await run(*words, "--limit", -1)
    assert (ran.code, ran.out) == (2, "")
    assert "--limit" in ran.err
    assert (await run(*words, "--limit", 0, "--json")).out == ""


async def test_a_thread_of_nothing_is_refused(run: Run, alice: Sandbox) -> None:
    await refused(run, 2, "--from", "thread", "general", " ")
    assert await done(run, "threads", "general", "--json") == ""


async def test_search(run: Run, any_box: Sandbox) -> None:
    one = await sent(run, "general", "the zebra crossed")
    two = await sent(run, "support", "a zebra again")
    assert [m["id"] for m in (await run("search", "zebra", "--json")).objects] == [one, two]
    assert [m["id"] for m in (await run("search", "zebra", "--in", "general", "--json")).objects] == [one]
    assert (await done(run, "history", "general", "--limit", 1, "--ids")).startswith(f"{one} ")
    lines = (await done(run, "search", "zebra", "--limit", 1)).splitlines()
    assert len(lines) == 1
    assert re.fullmatch(rf"{two} \S+ \S+ #support Alice: a zebra again", lines[0])
    assert await done(run, "search", "no such beast") == ""
    ran = await run("search", "beast from:ann")
    assert (ran.code, ran.out) == (0, "")
    assert "from:ann is searched for as text, and is an operator only with --offline" in ran.err


async def test_the_inbox(run: Run, any_box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await sent(run, "general", "@Bob please look", "--mention", "carol")
    be(monkeypatch, any_box.url, "bob")
    assert [m["id"] for m in (await run("inbox", "--json")).objects] == [number]
    assert f"{number} " in await done(run, "inbox", "--mark-read")
    assert await done(run, "inbox") == ""
    assert [m["id"] for m in (await run("inbox", "--history", "--json")).objects] == [number]
    be(monkeypatch, any_box.url, "carol")
    assert [m["id"] for m in (await run("inbox", "--json")).objects] == [number]
    await refused(run, 2, "--mark-read", "inbox", "--history", "--mark-read")


async def test_people_and_presence(run: Run, any_box: Sandbox) -> None:
    printed = (await run("people", "--json")).objects
    assert {"Alice", "Bob", "Carol"} <= {p["name"] for p in printed}
    assert [line.split()[1] for line in (await done(run, "people", "car")).splitlines()] == ["LOGIN", "carol"]
    ran = await run("presence", "online", "--json")
    assert ran.code == 0, ran
    assert ran.objects[0]["name"] == "Alice"
    if any_box.version < 19:
        assert (await done(run, "presence")).strip() == "online"
    assert (await run("presence", "asleep")).code == 2
    if any_box.version >= 19:
        ran = await run("presence", "busy")
        assert (ran.code, ran.out) == (0, "")
        assert "until one of your devices is connected" in ran.err


async def test_polls(run: Run, any_box: Sandbox) -> None:
    words = ("poll", "general", "Tea or coffee?", "tea", "coffee")
    if any_box.version < 20:
        await refused(run, 1, "Odoo 20", *words)
        return
    number = int(await done(run, *words))
    assert await done(run, "vote", number, "coffee") == ""
    shown = (await done(run, "vote", number)).splitlines()
    assert shown == ["Tea or coffee?", "  1    0  tea", "* 2    1  coffee"]
    assert (await run("vote", number, "1", "--json")).objects[0]["poll"]["options"][0]["votes"] == 1
    assert await done(run, "vote", number, "--remove") == ""
    await refused(run, 2, "one option", "vote", number, "tea", "coffee")
    await refused(run, 2, "1 tea, 2 coffee", "vote", number, "milk")
    plain = await sent(run, "general", "no poll")
    await refused(run, 5, "not a poll", "vote", plain)


async def test_canned(run: Run, any_box: Sandbox) -> None:
    lines = (await done(run, "canned")).splitlines()
    assert lines[0].split() == ["ID", "SHORTCUT", "TEXT"]
    assert len((await run("canned", "--json")).objects) == len(lines) - 1


# ------------------------------------------------------------------- records, mentions


async def test_a_record(run: Run, any_box: Sandbox) -> None:
    printed = (await run("send", "--record", "res.partner", 1, "to the record", "--json")).objects[0]
    assert printed["record"]["model"] == "res.partner"
    note = (await run("send", "--record", "res.partner", 1, "a note", "--note", "--json")).objects[0]
    texts = [m["text"] for m in (await run("history", "--record", "res.partner", 1, "--json")).objects]
    assert texts[-2:] == ["to the record", "a note"]
    assert await done(run, "edit", note["id"], "another note") == ""
    await refused(run, 2, "belongs to a record", "pin", note["id"])
    await refused(run, 2, "--record", "history")
    await refused(run, 2, "--record", "send", "--record", "res.partner", 1, "general", "two texts")
    await refused(run, 5, "", "send", "--record", "res.partner", 999999, "x")


async def test_mentions_in_a_text(run: Run, alice: Sandbox) -> None:
    people = {p["login"]: p["id"] for p in (await run("people", "--json")).objects}

    async def mentions(*words: object) -> list[int]:
        ran = await run("send", "general", *words, "--json")
        assert ran.code == 0, ran
        return sorted(ran.objects[0].get("mentions", []))

    assert await mentions("hello @Bob!") == [people["bob"]]
    assert await mentions("hello @bob, @carol.") == sorted([people["bob"], people["carol"]])
    assert await mentions("to bob@example.com and @nobody") == []
    assert await mentions("hello @Bob", "--no-mentions") == []
    assert await mentions("hello", "--mention", "bob") == [people["bob"]]
    ran = await run("send", "general", "see #support, not #1", "--json")
    assert ran.objects[0]["html"].count("<a ") == 1
    await refused(run, 5, "nobody", "send", "general", "x", "--mention", "nobody")


# --------------------------------------------------------------------------- hostile


async def test_hostile_names_are_safe(run: Run, alice: Sandbox) -> None:
    number = (await run("create", f"x{HOSTILE}")).out.strip()
    await sent(run, number, f"zebra {HOSTILE}")
    for words in (
        ("channels",), ("members", number), ("search", "zebra"), ("browse",), ("people",), ("threads", "general"),
    ):  # fmt: skip
        for more in ((), ("--json",)):
            ran = await run(*words, *more)
            assert ran.code == 0
            assert not UNSAFE.search(ran.out + ran.err)


async def test_a_text_is_sent_with_four_requests(run: Run, any_box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async with front(any_box.url) as made:
        with monkeypatch.context() as patch:
            patch.setenv("ODOOCHAT_URL", made.url)
            ran = await run("send", "general", "hello", "--db", any_box.db)
        assert (ran.code, ran.err) == (0, "")
        assert len(made.seen) == 4, made.seen
        read = await run("history", "general", "--json")
        assert (str(read.objects[-1]["id"]), read.objects[-1]["text"]) == (ran.out.strip(), "hello")
