"""The state behind the server: bodies, domains, files on disk, colleagues, and the pytest plugin."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.sandbox import Sandbox, World
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.orm.domain import matches
from odoochat.sandbox.versions.capabilities import capabilities_of
from odoochat.sandbox.world.bodies import clean, edited_body, stored_body
from odoochat.sandbox.world.colleagues import Colleagues
from tests.sandbox.raw import Raw


@pytest.mark.parametrize(
    ("given_body", "stored"),
    [  # as a real 14 stored them
        ("plain text", "<p>plain text</p>"),
        ("a < b & c > d", "<p>a &lt; b &amp; c &gt; d</p>"),
        ("line1\nline2", "<p>line1\nline2</p>"),
        ("<p>one</p><p>two</p>", "<p>one</p><p>two</p>"),
        ("a<br/>b", "<p>a<br>b</p>"),
        ("&lt;b&gt;", "<p>&lt;b&gt;</p>"),
        ("😀 ünï", "<p>😀 ünï</p>"),
        ("http://e.x?a=1&b=2", "<p>http://e.x?a=1&amp;b=2</p>"),
        ('<a href="javascript:alert(1)" onclick="x()">l</a>', '<a href="">l</a>'),
        ('<img src="x" onerror="y()">', '<img src="x">'),
        ('<span style="color:red" class="k">s</span>', '<span style="color:red" class="k">s</span>'),
        ("<pre>x\n y</pre>", "<pre>x\n y</pre>"),
        ("", ""),
        (
            "<b>hi</b> & <i>you</i> <script>alert(1)</script>\nline2",
            "<span><b>hi</b> &amp; <i>you</i> \nline2</span>",
        ),
    ],
)
def test_bodies_of_14(given_body: str, stored: str) -> None:
    assert stored_body(capabilities_of(14), given_body, is_html=False) == stored


@pytest.mark.parametrize(
    ("given_body", "is_html", "stored"),
    [  # as a real 19 stored them
        ("<b>x</b>", False, "<span>&lt;b&gt;x&lt;/b&gt;</span>"),
        ("<b>x</b>", True, "<b>x</b>"),
        (
            'a<br/>b <script>alert(1)</script><img src="x" onerror="y"/>',
            True,
            '<span>a<br>b <img src="x"></span>',
        ),
        ("<p>para</p>", True, "<p>para</p>"),
        ("a & b\nline two", False, "<span>a &amp; b\nline two</span>"),
        ("", False, ""),
        ("  ", False, ""),
        ("<b>x</b><script>y</script>", True, "<span><b>x</b></span>"),
    ],
)
def test_bodies_of_19(given_body: str, is_html: bool, stored: str) -> None:
    assert stored_body(capabilities_of(19), given_body, is_html=is_html) == stored


def test_edits_leave_a_mark_since_19() -> None:
    mark = '<span class="o-mail-Message-edited"></span>'
    assert edited_body(capabilities_of(19), "x") == f"<span>x{mark}</span>"
    assert edited_body(capabilities_of(19), "<p>x</p>") == f"<p>x{mark}</p>"
    assert edited_body(capabilities_of(19), "") == mark
    assert edited_body(capabilities_of(18), "x") == "<p>x</p>"


@given(st.text(alphabet="<>/ab\"'= script&;on!-\n", max_size=80))
def test_nothing_active_survives(text: str) -> None:
    cleaned = clean(text, "p").lower()
    assert "<script" not in cleaned
    assert clean(cleaned, "p") == clean(clean(cleaned, "p"), "p")


@pytest.mark.parametrize(
    ("domain", "inside"),
    [
        ([], True),
        ([["a", "=", 1]], True),
        ([["a", "!=", 1]], False),
        ([["a", "in", [1, 2]], ["b", "=", "Text"]], True),
        ([["a", "not in", [1, 2]]], False),
        (["|", ["a", "=", 9], ["b", "ilike", "TEX"]], True),
        (["!", ["a", "=", 1]], False),
        (["&", "|", ["a", "=", 9], ["a", ">", 0], ["b", "like", "ext"]], True),
        ([["b", "like", "TEX"]], False),
        ([["b", "=like", "T%"]], True),
        ([["b", "=like", "ext%"]], False),
        ([["b", "ilike", "t_xt"]], True),
        ([["empty", "=", False]], True),
        ([["empty", "!=", False]], False),
        ([["empty", ">", 0]], False),
        ([["many", "in", [3]]], True),
        ([["many", "=", 4]], True),
        ([["many", "not in", [3]]], False),
        ([["many", "=", False]], False),
        ([["a", "<=", 1], ["a", ">=", 1], ["a", "<", 2]], True),
        ([["yes", "=", True]], True),
        ([["yes", "!=", True]], False),
        ([[1, "=", 1]], True),
        ([[0, "=", 1]], False),
        ([["when", "<", "2026-01-02"]], True),
    ],
)
def test_domains(domain: list[Any], inside: bool) -> None:
    record = {"a": 1, "b": "Text", "empty": None, "many": [3, 4], "yes": True, "when": "2026-01-01 10:00:00"}
    assert matches(domain, record.__getitem__) is inside


@pytest.mark.parametrize("domain", [["|", ["a", "=", 1]], [["a", "=~", 1]], ["a"], 5, [["a", ">", "x"]]])
def test_domains_that_are_none(domain: Any) -> None:
    with pytest.raises(OdooError):
        matches(domain, {"a": 1}.__getitem__)


async def test_a_world_on_disk_is_still_there_after_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "world.db")
    async with Sandbox(path=path) as first, Raw(first.url, first.db, "alice") as alice:
        await alice.log_in()
        message = await alice.post(1, "remember me")
        sid = alice.sid
    async with Sandbox(path=path) as second:
        assert second.world.history(1)[-1]["id"] == message
        assert len(second.users) == 6
        async with Raw(second.url, second.db, "alice") as alice:
            alice.http.cookie_jar.update_cookies({"session_id": sid})
            await alice.route("/web/session/check")


def test_seedings() -> None:
    company, bare, empty = World(), World(seeding="bare"), World(seeding=None)
    assert [row["name"] for row in company.state.channels.all()][:3] == ["general", "support", "random"]
    assert {"admin", "alice", "bob", "carol", "dave", "ann"} == {row["login"] for row in company.state.accounts.users()}
    assert [row["name"] for row in bare.state.channels.all()] == ["general"]
    assert empty.state.accounts.users() == []
    assert company.state.bus.last_id() == 0
    with pytest.raises(ValueError, match="seeding"):
        World(seeding="nope")
    for world in (company, bare, empty):
        world.close()


async def test_colleagues_type_and_answer(sandbox: Sandbox, alice: Raw) -> None:
    listener = await alice.socket(2**40)
    async with Colleagues(sandbox.world, thinking=0, writing=0) as colleagues:
        await alice.post(1, "Hello everybody!")
        await listener.until("discuss.channel/new_message")
        for typing in (True, False):
            payload = await listener.until("mail.record/insert", holding="discuss.channel.member")
            while "isTyping" not in payload["discuss.channel.member"][0]:
                payload = await listener.until("mail.record/insert", holding="discuss.channel.member")
            assert payload["discuss.channel.member"][0]["isTyping"] is typing
        answer = (await listener.until("discuss.channel/new_message"))["data"]["mail.message"][0]
        assert answer["author_id"] in {sandbox.users[login][1] for login in ("bob", "carol", "dave")}
        assert "Alice" in answer["body"][1]
        await alice.post(4, "Bob?")
        await listener.until("discuss.channel/new_message")
        answer = (await listener.until("discuss.channel/new_message"))["data"]["mail.message"][0]
        assert (answer["author_id"], answer["res_id"]) == (sandbox.users["bob"][1], 4)
        await alice.post(3, "nobody answers in random")
        await colleagues.settled()
        assert sandbox.world.history(3)[-1]["author_id"] == sandbox.users["alice"][1]
        before = len(sandbox.world.history(1))
    await alice.post(1, "Hello again!")
    assert len(sandbox.world.history(1)) == before + 1


async def test_colleagues_stop_in_the_middle_of_a_word(sandbox: Sandbox, alice: Raw) -> None:
    colleagues = Colleagues(sandbox.world, thinking=0, writing=3600)
    colleagues.start()
    listener = await alice.socket(2**40)
    await alice.post(1, "Hello!")
    payload: dict[str, Any] = {"discuss.channel.member": [{}]}
    while not payload["discuss.channel.member"][0].get("isTyping"):
        payload = await listener.until("mail.record/insert", holding="discuss.channel.member")
    await colleagues.close()
    payload = await listener.until("mail.record/insert", holding="discuss.channel.member")
    assert payload["discuss.channel.member"][0]["isTyping"] is False
    assert "Hello!" in sandbox.world.history(1)[-1]["body"]


async def test_a_world_may_be_changed_from_another_thread(sandbox: Sandbox, alice: Raw) -> None:
    listener = await alice.socket(2**40)
    await asyncio.to_thread(sandbox.world.post, "bob", "general", "from a thread")
    payload = await listener.until("discuss.channel/new_message")
    assert payload["data"]["mail.message"][0]["body"] == ["markup", "<span>from a thread</span>"]


def test_the_plugin_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"  # a measurement of the coverage imports modules of its own
        "import odoochat.sandbox.plugin\n"
        "names = ('aiohttp', 'sqlite3', 'odoochat.sandbox.server', 'odoochat.client')\n"
        "heavy = [name for name in names if name in sys.modules and name not in before]\n"
        "raise SystemExit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_names_of_the_package() -> None:
    import odoochat.sandbox as package

    assert [getattr(package, name).__name__ for name in package.__all__] == [
        "Faults",
        "PostedMessage",
        "Sandbox",
        "SandboxFixture",
        "SandboxUser",
        "World",
        "running_sandbox",
    ]
    with pytest.raises(AttributeError):
        _ = package.nothing  # type: ignore[attr-defined]
