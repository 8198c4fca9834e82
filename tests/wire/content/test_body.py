"""Bodies: text and Markdown out, HTML in, as Odoo 14 and 19 stored them, and invalid ones."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.errors import UsageError
from odoochat.wire.content import body
from odoochat.wire.content.body import (
    body_html,
    clean,
    from_html,
    from_markdown,
    from_text,
    is_deleted,
    render,
    safe_line,
    safe_text,
    shared,
    to_text,
)
from odoochat.wire.content.html_text import page_text
from tests.growth import grows_linearly

any_text = st.text(st.characters(codec=None, exclude_categories=()))
page_pieces = st.sampled_from(
    [
        *("<p>", "</p>", "<br>", "<ul>", "</ul>", "<ol>", "<li>", "</li>", "<blockquote>", "</blockquote>"),
        *("<pre>", "</pre>", "<a ", "</a>", "<b>", "<!--", "-->", "<script>", "</script>", "<td>", "<hr>"),
        *("href=", "http://x", '"', "'", ">", "<", "&", "&amp;", "&#x1b;", "&#27;", "&nbsp;", "text", " "),
        *("\x1b[31m", "\x1b]", "\x07", "\x9b", "\u202e", "\ud800", "\x00", "\n", "\t", "<img alt="),
        *('<span class="o-mail-Message-edited">', "</span>"),
    ]
)
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def shown(text: str) -> str:
    """What a round trip keeps: all but blanks at the end of lines and empty lines at both ends."""
    text = safe_text(clean(text).replace("\t", "    ")).replace("\xa0", " ")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


# --- as the servers keep it -----------------------------------------------------------------------

SENT = "one <b>&\"' two\nline 2 🎉"
STORED = [  # from_text(SENT), posted to Odoo 14 and (body_is_html) 19 by an internal user, read back
    "<p>one &lt;b&gt;&amp;\"' two<br>line 2 🎉</p>",
    "<span>one &lt;b&gt;&amp;\"' two<br>line 2 🎉</span>",
]


@pytest.mark.parametrize("stored", STORED)
def test_a_text_comes_back_from_the_server(stored: str) -> None:
    assert from_text(SENT) == "one &lt;b&gt;&amp;&quot;&#x27; two<br>line 2 🎉"
    assert to_text(stored) == SENT
    assert to_text(["markup", stored]) == SENT


@pytest.mark.parametrize(
    "stored",
    [
        "<p>one<br><br>\xa0\xa0indented\xa0 twice<br>\xa0\xa0\xa0\xa0tab red — ünï</p>",
        "<span>one<br><br>&nbsp;&nbsp;indented&nbsp; twice<br>&nbsp;&nbsp;&nbsp;&nbsp;tab red — ünï</span>",
    ],
)
def test_spaces_come_back_from_the_server(stored: str) -> None:
    text = "one\n\n  indented  twice\n\ttab \x1b[31mred\x00 — ünï"
    assert to_text(from_text(text)) == "one\n\n  indented  twice\n    tab red — ünï"
    assert to_text(stored) == "one\n\n  indented  twice\n    tab red — ünï"


RECORDED = [
    ("<p>p1</p><p>p2</p>", "p1\np2"),
    ("<p>line1\nline2</p>", "line1 line2"),
    ("<p>a<br></p><p><br></p><p>b</p>", "a\n\nb"),
    ("<ul><li>x</li><li>y<br>z</li></ul>", "- x\n- y\n  z"),
    ("<ol><li><p>a</p></li><li>b<ul><li>c</li></ul></li></ol>", "1. a\n2. b\n  - c"),
    ("<pre><code>a\n  b\n</code></pre>", "a\n  b"),
    (
        '<blockquote data-o-mail-quote-node="1" data-o-mail-quote="1"><p>q</p></blockquote><p>after</p>',
        "> q\nafter",
    ),
    ("<h1>T</h1><p>x<strong>b</strong></p>", "T\nxb"),
    (
        '<div class="o_mail_notification">Bob invited Alice to <a href="#" class="o_channel_redirect" '
        'data-oe-id="5">#team</a></div>',
        "Bob invited Alice to #team",
    ),
    (
        "<span class='o_mail_notification'>Users in this channel: "
        '<a href="#" data-oe-id=7 data-oe-model="res.partner">@Alice</a>  and you.</span>',
        "Users in this channel: @Alice and you.",
    ),
    ('<span>edited  <i>text</i><span class="o-mail-Message-edited"></span></span>', "edited text"),
    (
        '<p><a href="https://e.org/?a=1&amp;b=2">here</a> and more</p>',
        "here (https://e.org/?a=1&b=2) and more",
    ),
    ('<a href="https://e.org/">https://e.org</a>, <a href="http://e.org">e.org</a>', "https://e.org, e.org"),
    (
        '<a href="">l</a> <a href="javascript:alert(1)">m</a> <a href="mailto:a@b.c">Ann</a>',
        "l m Ann (a@b.c)",
    ),
    (
        '<p><a href="http://h/web#model=res.partner&amp;id=3" class="o_mail_redirect" data-oe-id="3" '
        'data-oe-model="res.partner" target="_blank">@Bob Smith</a>&nbsp;hi</p>',
        "@Bob Smith hi",
    ),
    ('<p>a</p><img src="x"><img alt="a cat" src="y">', "a\n[image][a cat]"),
    ("<table><tr><th>1</th><td>2</td></tr><tr><td>3</td></tr></table>", "1 | 2\n3"),
    ("a<hr>b", "a\n---\nb"),
    ("<script>alert(1)</script>ok<style>x", "ok"),
    ("a<!-->b<!-- c -->d<!-- e", "abd"),
    ("1 < 2 & 3 > 2 <3", "1 < 2 & 3 > 2 <3"),
    ('<a title="a>b" href=https://x.y>z</a>', "z (https://x.y)"),
]


@pytest.mark.parametrize(("stored", "text"), RECORDED)
def test_html_to_text(stored: str, text: str) -> None:
    assert to_text(stored) == text


@pytest.mark.parametrize(
    ("value", "html"),
    [
        ("<p>x</p>", "<p>x</p>"),
        (["markup", "<p>x</p>"], "<p>x</p>"),
        (("markup", "x"), "x"),
        (["markup", None], ""),
        ([], ""),
        ([1, 2, 3], ""),
        (False, ""),
        (None, ""),
        (0, "0"),
        (5, "5"),
    ],
)
def test_bodies_of_every_version(value: object, html: str) -> None:
    assert body_html(value) == html
    assert body.read(value) == body.Body(html, to_text(html))


@pytest.mark.parametrize(
    ("html", "deleted"),
    [
        ("", True),
        (False, True),
        (["markup", '<span class="o-mail-Message-edited"></span>'], True),
        ('<p><span class="o-mail-Message-edited"></span></p>', True),
        ("<p><br></p>", True),
        ("<span>x</span>", False),
        ('<img src="x">', False),
        ('x<span class="o-mail-Message-edited"></span>', False),
        ("<p>" * 400, False),
    ],
)
def test_is_deleted(html: object, deleted: bool) -> None:
    assert is_deleted(html) is deleted


# --- out ------------------------------------------------------------------------------------------


@given(any_text)
def test_a_text_survives_its_round_trip(text: str) -> None:
    assert to_text(from_text(text)) == shown(text)


@given(any_text, st.sampled_from(["<p>{}</p>", "<span>{}</span>", "<div><p>{}</p></div>"]))
def test_a_text_survives_its_round_trip_in_the_servers_wrapping(text: str, wrapping: str) -> None:
    assert to_text(wrapping.format(from_text(text))) == shown(text)


@given(st.lists(st.sampled_from(["a", " ", "\t", "\n", "\r\n", "\xa0", "<b>", "&amp;", "\u202e", "\x1b[0m"])))
def test_blanks_survive_their_round_trip(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert to_text(from_text(text)) == shown(text)


@given(any_text)
def test_what_we_send_has_no_markup_of_the_users_and_no_refused_characters(text: str) -> None:
    html = from_text(text)
    assert set(re.findall("<[^>]*>", html)) <= {"<br>"}
    assert clean(html) == html
    html.encode()


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("The build is **green**.", "<p>The build is <strong>green</strong>.</p>"),
        ("a\nb", "<p>a<br>b</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("```\nx\n\n  <y>\n```", "<pre><code>x\n\n  &lt;y&gt;\n</code></pre>"),
        ("<b>raw</b> <script>", "<p>&lt;b&gt;raw&lt;/b&gt; &lt;script&gt;</p>"),
        ("[x](https://e.org)", '<p><a href="https://e.org">x</a></p>'),
        ("[x](/web#id=3)", '<p><a href="/web#id=3">x</a></p>'),
        ("https://e.org ~~s~~", "<p>https://e.org <s>s</s></p>"),
        ("a\x1b[31mb\ud800", "<p>ab</p>"),
        ("", ""),
    ],
)
def test_markdown(markdown: str, html: str) -> None:
    assert from_markdown(markdown) == html


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "vbscript:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "&#106;avascript:x",
        "javascript&colon;x",
        "java\\\tscript:x",
        "blob:x",
    ],
)
def test_markdown_links_are_safe(url: str) -> None:
    for text in (f"[x]({url})", f"![x]({url})", f"<{url}>", f"[x][1]\n\n[1]: {url}"):
        assert not re.search("<(a|img) ", from_markdown(text)), text


@given(any_text)
def test_markdown_never_lets_tags_through(text: str) -> None:
    tags = re.findall("<[a-z]+", from_markdown(text + "<script><img src=x onerror=y>"))
    assert "<script" not in tags


def test_html_passes() -> None:
    assert from_html("<p>a\x00\x1b[1mb</p>\r\n\ud800") == "<p>ab</p>\n"


def test_render() -> None:
    assert render("*a*", "text") == "*a*"
    assert render("*a*", "markdown") == "<p><em>a</em></p>"
    assert render("<i>a</i>", "html") == "<i>a</i>"
    with pytest.raises(UsageError, match="text, markdown, html"):
        render("a", "rst")


# --- hostile input --------------------------------------------------------------------------------


@given(st.lists(page_pieces | any_text).map("".join))
def test_any_page_gives_safe_text(page: str) -> None:
    text = to_text(page)
    assert not UNSAFE.search(text)
    assert text == text.strip("\n")
    text.encode()


@given(any_text)
def test_safe_line_is_one_safe_line(text: str) -> None:
    line = safe_line(text, 20)
    assert len(line) <= 20
    assert len(line.splitlines()) <= 1
    assert not UNSAFE.search(line)
    assert "\t" not in line


def test_safe_line() -> None:
    assert safe_line(" a\n\tb\u202e \x1b]0;title\x07c ") == "a b c"
    assert safe_line("abcdef", 4) == "abc…"
    assert [safe_line("abc", limit) for limit in (0, 1, 2, 3)] == ["", "…", "a…", "abc"]


def test_safe_text() -> None:
    assert safe_text("a\x1b[31;1mb\x1b]8;;http://x\x1b\\c\x9b2Jd\x85\x7f\u2066e\ud83dz\r\n\t") == "abcde\ufffdz\n\t"
    assert safe_text("a\U0010eeee\u0305\u0305b\U00100000\U0010fffdc\U000fffffd\ufdd0\U0001ffff") == "a\u0305\u0305bcd"


@pytest.mark.parametrize("escape", ["&#27;[31m", "&#x1b;[31m", "&#155;", "&#x202e;", "&#8238;", "&#xd800;", "&#0;"])
def test_references_do_not_smuggle(escape: str) -> None:
    assert not UNSAFE.search(to_text(f"<p>a{escape}b</p>"))


def test_huge_references_do_not_raise() -> None:
    assert to_text("&#" + "9" * 5000 + ";x") == "\ufffdx"
    assert to_text('<a href="&#' + "9" * 5000 + ';">x</a>') == "x"
    assert from_markdown("[x](&#" + "9" * 5000 + ";)")


PIECES = [
    *("<b>", "<", "<a", '<a "', '<a b="', '<a b=">', "<!--", "<!", "<?", "</", "]]>", "<![CDATA[", "<td>"),
    *("<script>", "<style></style>", "<blockquote>x", "<ul><li>x", "<p>hello</p>", "<br>", "<pre>\n"),
    *("&amp;", "&", "&aaaa", "&#0", " ", "\xa0", "\x1b]", "\x1b[", "\x9b0", "\u202e", "<img alt=x>"),
    *("<a href=http://x>", "<a href=http://x>y</a>", '<span class="o-mail-Message-edited">'),
]


@pytest.mark.parametrize("piece", PIECES)
def test_many_pieces_are_read_in_linear_time(piece: str) -> None:
    for read in (to_text, is_deleted):
        assert grows_linearly(read, lambda size: piece * (size // len(piece)))


@pytest.mark.heavy
@pytest.mark.parametrize("piece", PIECES)
def test_a_megabyte_is_read_within_seconds(piece: str) -> None:
    page = piece * (1_000_000 // len(piece))
    start = time.process_time()
    text = to_text(page)
    is_deleted(page)
    assert time.process_time() - start < 5
    assert len(text) < 4_000_000


@pytest.mark.parametrize(("head", "piece", "tail"), [("<a ", "x ", ">"), ("&#", "9", ""), ("\x9b", "0", "")])
def test_one_long_piece_is_read_in_linear_time(head: str, piece: str, tail: str) -> None:
    assert grows_linearly(to_text, lambda size: head + piece * size + tail, 50_000)


@given(
    st.lists(
        st.sampled_from(["a", "b?", "<br>", " ", "&lt;", "&amp;", "&#39;", "é", "\xa0", "\t", "<b>", "&nbsp;", "\x1b"])
        | st.sampled_from(
            ["😀", "\ufe0f", "\u200d", "語", "\u200f", "\u2028", "\ue000", "\ud800", "&quot;", "&lt", "&copy;"]
        )
        | st.characters()
    )
)
def test_the_short_way_through_plain_bodies_agrees_with_the_long_one(pieces: list[str]) -> None:
    for tag in ("span", "p"):
        html = f"<{tag}>{''.join(pieces)}</{tag}>"
        long = body.safe_text(page_text(html)).replace("\xa0", " ")
        assert to_text(html) == "\n".join(line.rstrip() for line in long.split("\n")).strip("\n")


def test_markdown_that_takes_too_long_stays_plain_text() -> None:
    assert from_markdown("**x**" * 10_001).startswith("**x****x**")
    wide = "|a" * 300 + "|\n" + "|-" * 300 + "|\n" + "|x\n" * 100
    assert "<table" not in from_markdown(wide)
    assert "<table" in from_markdown("|a|b|\n|-|-|\n|1|2|")


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("(edited)<b>x</b>y", "axy"),  # the mark ends at the next tag
        ("1 < 2", "a"),
        ("1 < 2<i>", "a"),
    ],
)
def test_the_mark_of_an_edited_message_is_left_out(inner: str, text: str) -> None:
    assert to_text(f'a<span class="o-mail-Message-edited">{inner}') == text


def test_a_link_without_a_text_shows_its_address() -> None:
    assert to_text('see <a href="https://odoo.com"> </a>') == "see https://odoo.com"
    assert to_text('<a href="https://odoo.com"></a>') == "https://odoo.com"


@pytest.mark.parametrize("length", [1, 10_000])
def test_clients_that_receive_a_body_share_its_text(length: int) -> None:
    one, two = shared("<p>" + "é" * length + " &amp;</p>"), shared("<p>" + "é" * length + " &amp;</p>")
    assert one.text == to_text(one.html) == "é" * length + " &"
    assert one.text is two.text
    assert one.html is two.html
