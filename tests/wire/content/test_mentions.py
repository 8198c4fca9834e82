"""Mentions and addresses become links, and nothing else of the HTML changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.wire.content import body
from odoochat.wire.content.mentions import Mention, with_links

BASE = "https://odoo.example.com"
BOB = Mention("res.partner", 8, "Bob")
BOBBY = Mention("res.partner", 9, "Bob Smith")
GENERAL = Mention("discuss.channel", 1, "general")


def plain(html: str) -> str:
    return re.sub(r"</?a\b[^>]*>", "", html)


def test_people_and_channels() -> None:
    html = with_links("hi @Bob Smith and @bob, see #general", [BOB, BOBBY, GENERAL], BASE)
    assert html.count("<a ") == 3
    assert 'data-oe-id="9"' in html.split("and")[0]
    assert 'class="o_channel_redirect" data-oe-id="1" data-oe-model="discuss.channel"' in html
    assert f'href="{BASE}/web#model=res.partner&amp;id=8"' in html


@pytest.mark.parametrize(
    "text", ["mail@Bob", "@Bobby", "##general", "<a href='x'>@Bob</a>", "<code>@Bob</code>", '<i title="@Bob">']
)
def test_what_is_no_mention(text: str) -> None:
    assert with_links(text, [BOB, GENERAL], BASE) == text


@pytest.mark.parametrize(
    ("text", "address", "rest"),
    [
        ("see https://odoo.com.", "https://odoo.com", "."),
        ("(https://odoo.com/a?b=1&amp;c=2)", "https://odoo.com/a?b=1&amp;c=2", ")"),
        ("https://en.wikipedia.org/wiki/Odoo_(software)", "https://en.wikipedia.org/wiki/Odoo_(software)", ""),
        ("HTTP://X.Y/z!", "HTTP://X.Y/z", "!"),
        ("&quot;https://odoo.com.&quot;", "https://odoo.com", ".&quot;"),
    ],
)
def test_addresses(text: str, address: str, rest: str) -> None:
    html = with_links(text, [], BASE)
    assert f'<a href="{address}" target="_blank" rel="noreferrer noopener">{address}</a>{rest}' in html


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "ftp://x", "<a href='https://x'>y</a>", "<code>https://x</code>"]
)
def test_what_is_no_address(text: str) -> None:
    assert with_links(text, [], BASE) == text


@given(st.text())
def test_the_text_stays_what_it_was(text: str) -> None:
    html = body.from_text(text)
    linked = with_links(html, [BOB, GENERAL], BASE)
    assert plain(linked) == html
    assert body.to_text(linked) == body.to_text(html)


@given(st.text(alphabet="@#Bob general<>&;:/.https()\"'", max_size=60))
def test_no_text_breaks_out(text: str) -> None:
    linked = with_links(body.from_text(text), [BOB, GENERAL], BASE)
    for tag in re.findall(r"<[^>]*>", linked):
        assert re.fullmatch(r"<br>|</a>|<a href=\"[^\"<>]*\"( [a-z-]+=\"[^\"<>]*\")*>", tag), tag
