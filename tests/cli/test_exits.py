"""Exit codes: 0 done, 1 failed, 2 wrong usage, 3 unreachable, 4 login refused, 5 no such thing or no right."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from odoochat.cli import main
from odoochat.cli.commands import channels as channels_command
from odoochat.cli.commands import send as send_command
from odoochat.sandbox import Sandbox

from .conftest import Ran, be, serving

Run = Callable[..., Awaitable[Ran]]


async def page(request: web.Request) -> web.Response:
    return web.Response(text="<html><h1>It works!</h1></html>", content_type="text/html")


def said(ran: Ran, code: int, *words: str) -> None:
    """It failed in one line on stderr that holds these words, and printed no result."""
    assert (ran.code, ran.out) == (code, ""), ran
    assert len(ran.err.splitlines()) == 1, ran.err
    assert ran.err.startswith("odoochat: ")
    for word in words:
        assert word in ran.err, ran.err


# ------------------------------------------------------------------------- usage


@pytest.mark.parametrize(
    "arguments",
    [
        ("nope",),
        ("history",),
        ("send",),
        ("send", "--json"),
        ("edit", "seven", "x"),
        ("invite", "general"),
        ("send", "general", "a", "b"),
        ("history", "general", "--limit", "many"),
        ("history", "general", "--before", "-1"),
        ("history", "general", "--before", "0"),
        ("listen", "--transport", "pigeon"),
        ("channels", "--password", "secret"),
    ],
)
async def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    ran = await run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("odoochat: ")


async def test_nothing_to_do_shows_the_help(run: Run) -> None:
    ran = await run()
    assert ran.code == 2
    for command in ("login", "doctor", "send", "listen", "sandbox", "demo"):
        assert command in ran.out + ran.err


@pytest.mark.parametrize("group", ["bot", "relay", "webhook", "webhook token"])
async def test_a_group_without_a_command_shows_its_help(run: Run, group: str) -> None:
    words = group.split()
    ran = await run(*words)
    assert (ran.code, ran.err) == (2, "")
    asked = await run(*words, "--help")
    assert (asked.code, asked.out.split()) == (0, ran.out.split())


async def test_help_and_version(run: Run) -> None:
    assert (await run("--help")).code == 0
    ran = await run("send", "--help")
    assert ran.code == 0
    assert "--reply-to" in ran.out
    assert (await run("--version")).out.strip().count(".") == 2


async def test_no_server(run: Run) -> None:
    said(await run("channels"), 2, "--url", "ODOOCHAT_URL", "odoochat login")


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://localhost:99999", "1 to 65535"), ("localhost:0", "1 to 65535"), ("ftp://x", "http:// or https://")],
)
async def test_an_address_is_looked_at_before_a_password_is_asked_for(run: Run, url: str, words: str) -> None:
    said(await run("channels", "--url", url, "--login", "alice"), 2, words)
    said(await run("channels", "--url", url, "--password-stdin"), 2, words)


async def test_an_address_is_not_shown_with_its_password(run: Run) -> None:
    ran = await run("channels", "--url", "http://ann:secret@localhost:99999")
    said(ran, 2, "1 to 65535")
    assert "secret" not in ran.err


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("history", "general", "--limti", "3"), "did you mean --limit"),
        (("members",), "members needs CHANNEL"),
        (("history", "general", "--limit"), "a value for --limit"),
        (("history", "general", "more"), "unexpected argument more"),
        (("send", "general", "--markdwon"), "did you mean --markdown"),
    ],
)
async def test_wrong_words_are_explained(run: Run, alice: Sandbox, words: tuple[str, ...], printed: str) -> None:
    ran = await run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert printed in ran.err
    if "markdwon" not in words[-1]:
        assert f"odoochat: see odoochat {words[0]} --help" in ran.err


async def test_the_hyphens_of_an_option_are_no_similarity(run: Run, alice: Sandbox) -> None:
    ran = await run("mute", "general", "--for", "10")
    assert "mute has no option --for\n" in ran.err, "--url is not meant"


async def test_an_option_before_the_command(run: Run) -> None:
    said = await run("--vrsion")
    assert (said.code, said.out) == (2, "")
    assert "no option --vrsion; did you mean --version?" in said.err
    assert "no option --limit before the command" in (await run("--limit", "3", "history", "general")).err
    assert "no option --json before the command" in (await run("--json")).err


@pytest.mark.parametrize(
    "before",
    [("--json",), ("--json", "--login", "alice"), ("--login=alice", "--json"), ("--request-timeout", "20", "--json")],
)
async def test_shared_options_before_the_command(run: Run, alice: Sandbox, before: tuple[str, ...]) -> None:
    ran = await run(*before, "history", "general", "--limit", "1")
    assert ran.code == 0
    assert ran.objects[0]["channel"]["name"] == "general"


def test_how_often_verbose_is_said_does_not_matter() -> None:
    from odoochat.cli.words import command_first

    assert command_first(["-vv", "--db=x", "--url", "y", "listen", "-v"]) == [
        "listen",
        "-vv",
        "--db=x",
        "--url",
        "y",
        "-v",
    ]
    for untouched in (["--help"], ["--json"], ["--db", "x"], ["--", "x"], ["--no-such", "listen"], []):
        assert command_first(untouched) == untouched


async def test_a_profile_before_the_command(run: Run, alice: Sandbox) -> None:
    said(await run("--profile", "nope", "send", "general", "x"), 2, "no profile 'nope'")
    assert (await run("--url", "http://127.0.0.1:1", "channels")).code == 3


async def test_text_behind_two_hyphens(run: Run, alice: Sandbox) -> None:
    for text in ("--so", "--json", "-x", "--", "--so=1"):
        ran = await run("send", "general", "--", text)
        assert ran.code == 0, ran
        assert text in alice.world.history("general")[-1]["body"]
    before = len(alice.world.history("general"))
    said_of = await run("send", "general", "--so")
    assert (said_of.code, said_of.out) == (2, "")
    assert "put -- before" in said_of.err
    number = (await run("send", "--json", "--", "general", "--so")).objects[0]["id"]
    assert (await run("edit", number, "--", "--other")).code == 0
    assert (await run("react", number, "--", "-1")).code == 0
    assert len(alice.world.history("general")) == before + 1


async def test_the_help_has_what_scripts_need(run: Run) -> None:
    for words in (("--help",), ("send", "--help"), ("listen", "--help")):
        printed = (await run(*words)).out
        assert "ODOOCHAT_PASSWORD" in printed
        assert "Exit codes: 0 done" in printed
        assert "[ARGS" not in printed
    assert "odoochat send [OPTIONS] CHANNEL [TEXT]" in (await run("send", "--help")).out


async def test_nothing_to_log_in_with(run: Run, box: Sandbox) -> None:
    said(await run("channels", "--url", box.url, "--login", "alice"), 2, "ODOOCHAT_PASSWORD", "--password-stdin")


@pytest.mark.parametrize(
    ("url", "word"),
    [("ftp://x", "ftp://"), ("http://ann:secret@x", "user name or password"), ("http://", "no host")],
)
async def test_no_address(run: Run, monkeypatch: pytest.MonkeyPatch, url: str, word: str) -> None:
    be(monkeypatch, url, "alice")
    ran = await run("channels")
    said(ran, 2, word)
    assert "secret" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("send", "general"),
        ("send", "general", "  "),
        ("send", "general", "x", "--markdown", "--html"),
        ("send", "general", "x", "--file", "no-such-file.txt"),
        ("send", "general", "-", "--password-stdin"),
        ("listen", "--count", "0"),
        ("channels", "--profile", "nope"),
        ("login", "no name"),
    ],
)
async def test_wrong_values(run: Run, alice: Sandbox, arguments: tuple[str, ...]) -> None:
    said(await run(*arguments), 2)


async def test_several_databases_are_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Sandbox(19, databases=["other"]) as box:
        be(monkeypatch, box.url, "alice")
        said(await run("channels"), 2, "other", "sandbox", "--db", "ODOOCHAT_DB")
        assert (await run("channels", "--db", "other")).code == 0


# ------------------------------------------------------------------- unreachable


async def test_no_server_listens(run: Run, monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    be(monkeypatch, f"http://127.0.0.1:{closed_port}", "alice")
    said(await run("channels"), 3, "no connection")


async def test_no_such_host(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, "http://no-such-host.invalid", "alice")
    said(await run("channels"), 3, "no-such-host.invalid")


async def test_no_odoo(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(page) as url:
        be(monkeypatch, url, "alice")
        said(await run("channels"), 3, "not like Odoo")


async def test_a_server_that_wants_https(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=400, text="The plain HTTP request was sent to HTTPS port")

    async with serving(refuse) as url:
        be(monkeypatch, url, "alice")
        said(await run("channels"), 3, "speaks https on this port")


async def test_a_server_that_does_not_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async with serving(silent) as url:
        be(monkeypatch, url, "alice")
        said(await run("channels", "--request-timeout", "0.3"), 3, "timed out waiting for a response")


async def test_a_certificate_without_a_trusted_signature(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(page, tls=True) as url:
        be(monkeypatch, url, "alice")
        said(await run("channels"), 3, "secure connection", "self-signed")


async def test_a_redirect_to_elsewhere_is_not_followed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("https://elsewhere.invalid/")

    async with serving(elsewhere) as url:
        be(monkeypatch, url, "alice")
        said(await run("channels"), 3, "elsewhere.invalid")


async def test_a_redirect_in_a_circle(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def around(request: web.Request) -> web.Response:
        raise web.HTTPFound(str(request.url.with_path(request.path + "x")))

    async with serving(around) as url:
        be(monkeypatch, url, "alice")
        ran = await run("channels")
        assert (ran.code, ran.out) == (3, "")


# ------------------------------------------------------------------------- login


@pytest.mark.parametrize(("login", "password"), [("alice", "wrong"), ("nobody", "x")])
async def test_a_refused_login(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch, login: str, password: str
) -> None:
    monkeypatch.setenv("ODOOCHAT_LOGIN", login)
    monkeypatch.setenv("ODOOCHAT_PASSWORD", password)
    said(await run("channels"), 4, login)


async def test_an_unknown_database(run: Run, alice: Sandbox) -> None:
    said(await run("channels", "--db", "nodb"), 4, "nodb", "sandbox")


async def test_a_dead_cookie(run: Run, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOOCHAT_URL", box.url)
    monkeypatch.setenv("ODOOCHAT_SESSION_ID", "x" * 84)
    ran = await run("channels")
    said(ran, 4, "cookie")
    assert "xxxx" not in ran.err


async def test_a_second_factor(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.world.state.accounts.enable_totp("alice")
    said(await run("channels"), 4, "ODOOCHAT_TOTP")
    monkeypatch.setenv("ODOOCHAT_TOTP", "000000")
    said(await run("channels"), 4, "code")
    monkeypatch.setenv("ODOOCHAT_TOTP", alice.world.state.accounts.totp_code("alice"))
    assert (await run("channels")).code == 0


async def test_the_password_from_standard_input(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.delenv("ODOOCHAT_PASSWORD")
    for text, code in [("alice\n", 0), ("alice", 0), ("wrong\n", 4), ("\n", 2), ("", 2)]:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert (await run("channels", "--password-stdin")).code == code, text


# ------------------------------------------------------------- no such thing, no right


@pytest.mark.parametrize(
    "arguments",
    [
        ("history", "nowhere"),
        ("history", "4711"),
        ("send", "#nowhere", "hi"),
        ("send", "@nobody", "hi"),
        ("listen", "nowhere", "--timeout", "1"),
        ("send", "general", "hi", "--reply-to", "999999"),
        ("history", "@carol"),
        ("listen", "@carol", "--timeout", "1"),
    ],
)
async def test_no_such_thing(run: Run, alice: Sandbox, arguments: tuple[str, ...]) -> None:
    before = len(alice.world.history("general"))
    said(await run(*arguments), 5)
    assert len(alice.world.history("general")) == before


async def test_no_right(run: Run, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, box.url, "ann")
    said(await run("history", "random"), 5, "random")


# ----------------------------------------------------------------------- failures


async def test_a_server_that_fails(run: Run, alice: Sandbox) -> None:
    alice.faults.fail(times=1000, status=500)
    ran = await run("channels")
    assert (ran.code, ran.out) == (3, "")
    assert "500" in ran.err


async def test_a_defect_is_one_line(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[str]:
        raise RuntimeError("two\nlines\x1b[31m")

    monkeypatch.setattr(channels_command, "channel_lines", broken)
    said(await run("channels"), 1, "internal error", "RuntimeError: two lines")


@pytest.mark.parametrize(
    "words",
    [
        ("send", "general", "--jsno"),
        ("channels", "--request-timeout", "0"),
        ("channels", "--request-timeout", "nan"),
        ("listen", "--timeout", "-1"),
    ],
)
def test_what_was_mistyped_does_nothing(words, monkeypatch, capsys):
    monkeypatch.setenv("ODOOCHAT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ODOOCHAT_LOGIN", "alice")
    monkeypatch.setenv("ODOOCHAT_PASSWORD", "alice")
    assert main(list(words)) == 2
    assert capsys.readouterr().err.startswith("odoochat: ")


async def test_to_read_makes_no_chat(run: Run, alice: Sandbox) -> None:
    before = len((await run("channels", "--json")).objects)
    said(await run("history", "@carol"), 5, "no direct chat with carol yet; send a message first")
    assert len((await run("channels", "--json")).objects) == before
    await run("send", "@carol", "hello")
    assert (await run("history", "@carol", "--json")).objects[0]["text"] == "hello"


async def test_a_state_in_no_folder(run: Run, alice: Sandbox, tmp_path: Path) -> None:
    said(await run("listen", "--timeout", "1", "--state", tmp_path / "nowhere" / "state"), 2, "nowhere")
    assert not (tmp_path / "nowhere").exists()


async def test_what_did_not_come_in_time_is_counted(run: Run, alice: Sandbox) -> None:
    ran = await run("listen", "--count", "2", "--timeout", "0.3")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[-1] == "odoochat: 0 of 2 messages within 0.3 s"


@pytest.mark.parametrize("html", ["<script>x()</script>", "<!-- nothing -->", "<b> </b>", "<style>p {}</style>"])
async def test_html_of_which_nothing_is_left(run: Run, alice: Sandbox, html: str) -> None:
    before = len(alice.world.history("general"))
    said(await run("send", "general", html, "--html"), 2, "the message would be empty")
    assert len(alice.world.history("general")) == before


async def test_an_empty_text_is_refused_with_what_the_command_accepts(run: Run, alice: Sandbox) -> None:
    said(await run("send", "general", ""), 2, "nothing to send; pass text, - for standard input, or --file")
    sent = (await run("send", "general", "a")).out.strip()
    edited = await run("edit", sent, " ")
    said(edited, 2, f"the new text is empty; to delete the message, use `odoochat delete {sent}`")
    said(await run("forward", sent, "general", " "), 2, "the comment is empty")


async def test_lists_in_errors_are_short(run: Run, alice: Sandbox) -> None:
    await run("create", "n" * 5000)
    ran = await run("history", "nosuch")
    said(ran, 5, "no channel 'nosuch'; your channels: general", f", {'n' * 63}…")
    assert len((await run("doctor")).out) < 1000


async def test_html_that_only_the_server_empties_is_reported(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_command, "is_deleted", lambda html: True)
    ran = await run("send", "general", "<b>x</b>", "--html")
    assert ran.code == 1
    assert ran.out.strip().isdigit()
    assert "removed all" in ran.err


@pytest.mark.parametrize("emoji", ["thumbsup", "+1", ":+1:", "-1", "party popper", "👍"])
async def test_an_emoji_by_name(run: Run, alice: Sandbox, emoji: str) -> None:
    number = (await run("send", "general", "react to this", "--json")).objects[0]["id"]
    shown = {"-1": "👎", "party popper": "🎉"}.get(emoji, "👍")
    ran = await run("react", number, emoji, "--json")
    assert [r["content"] for r in ran.objects[0]["reactions"]] == [shown]
    assert (await run("react", number, emoji, "--remove", "--json")).objects[0]["reactions"] == []
    said(await run("react", number, "thumpsup"), 2, "did you mean :thumbsup: 👍")


async def test_help_behind_shared_options(run: Run) -> None:
    assert "Usage: odoochat COMMAND" in (await run("--json", "--help")).out


def test_an_error_of_the_system_is_no_defect() -> None:
    from odoochat.cli.error_report import error_text
    from odoochat.cli.exit_codes import exit_code

    full = OSError(errno.ENOSPC, "No space left on device", "/disk/state.json")
    assert error_text(full) == "/disk/state.json: No space left on device"
    assert error_text(OSError(errno.EROFS, "Read-only file system")) == "Read-only file system"
    assert exit_code(full) == 1
    assert "please report it" in error_text(KeyError("x"))


@pytest.mark.parametrize("words", [("export", "general", "--to", "-"), ("send", "general", "--file", "-")])
async def test_standard_streams_where_a_file_is_needed(run: Run, words: tuple[str, ...]) -> None:
    ran = await run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert f'{words[2]} does not accept "-"' in ran.err
