"""Exports: what a page holds, what hostile messages become in it, and JSON lines that can be read back."""

from __future__ import annotations

import asyncio
import os
import re
import stat
import sys
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from odoochat.archive.archive import Archive
from odoochat.archive.export.exporter import PAGE, Exporter
from odoochat.archive.export.html_page import body
from odoochat.archive.export.json_lines import read_export
from odoochat.archive.export.markdown_text import MarkdownWriter
from odoochat.archive.export.writer import Item
from odoochat.archive.location import files_folder
from odoochat.errors import ConfigError
from odoochat.model import Attachment, Author, ChannelInfo, Reaction
from tests.archive.texts import ANN, BEGUN, BOB, message

GENERAL = ChannelInfo(1, "gen<b>eral", description="about & <i>all</i>", uuid="the-secret")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
HOSTILE = (
    '<p onclick="x()">one</p><script>alert(1)</script><img src="http://evil.example/a.png" onerror="x()">'
    '<a href="javascript:alert(2)">two</a><iframe src="//evil.example"></iframe><style>@import "//evil.example"</style>'
    '<b style="background:url(//evil.example)">three</b><a href="https://ok.example/?a=1&amp;b=%22">four</a>'
    "<svg onload=x()><form action=//evil.example><input></form><meta http-equiv=refresh content=0>"
)


class Page(HTMLParser):
    """Everything of a page that a browser acts upon."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def check(self) -> None:
        """Nothing runs and nothing is loaded from elsewhere."""
        assert not self.tags & {"script", "iframe", "object", "embed", "link", "svg", "form", "input", "base", "frame"}
        for tag, name, value in self.attributes:
            assert not name.startswith("on"), (tag, name, value)
            if name == "src":
                assert re.fullmatch(r"(?:files|avatars)/[^/:]+", value), value
            if name == "href":
                assert re.match(r"(?:https?:|mailto:|#m\d+$|(?:files/)?[^/:]+$)", value), value
            if name == "style":
                assert re.fullmatch(r"background:hsl\(\d+ 45% 42%\)|margin-left:\d+\.\dem", value), value


@pytest.fixture
async def archive(tmp_path: Path):
    async with Archive(tmp_path / "a.sqlite") as made:
        files = (
            Attachment(5, "../../<x>.png", "image/png", 9), Attachment(6, "page.html", "text/html", 4),
            Attachment(7, "missing.pdf", "application/pdf", 1),
        )  # fmt: skip
        await made.keep_page(
            1,
            [
                message(1, "Hello <all> & *everyone*", reactions=(Reaction("👍", 2, (ANN, BOB)),)),
                message(2, "one two three four", html=HOSTILE, author=BOB, edited_at=BEGUN),
                message(3, "see", attachments=files, reply_to=1),
                message(4, "gone", author=BOB),
                message(5, "Ann joined", kind="notification", author=ANN),
                message(
                    6, "code", html="<p>look:</p><pre>x = 1 &lt; 2\n  y</pre><blockquote>said <b>so</b></blockquote>"
                ),
            ],
            0,
            6,
        )
        await made.remove(4)
        folder = files_folder(tmp_path / "a.sqlite")
        folder.mkdir()
        for number, name in ((5, "5-x.png"), (6, "6-page.html")):
            (folder / name).write_bytes(PNG)
            await made.note_file(number, path=name)
        yield made


async def test_a_page_with_everything_beside_it(archive: Archive, tmp_path: Path) -> None:
    async def avatar(author: Author) -> bytes:
        return PNG if author == ANN else b"<svg onload='x()'/>"

    result = await Exporter(archive, avatar).run(GENERAL, tmp_path / "out")
    text = result.path.read_text("utf-8")
    page = Page(text)
    page.check()
    assert (result.path.name, result.messages, result.deleted, result.files) == ("index.html", 5, 1, 2)
    assert "Hello &lt;all&gt; &amp; *everyone*" in text and "gen&lt;b&gt;eral" in text
    assert "<b>three</b>" in text and 'href="https://ok.example/?a=1&amp;b=%22"' in text and "evil" not in text
    assert "<pre><code>x = 1 &lt; 2\n  y</code></pre>" in text and "<blockquote>said <b>so</b></blockquote>" in text
    assert 'src="files/5-x.png"' in text and 'href="files/6-page.html.download"' in text
    assert (
        "missing.pdf (not included)" in text
        and "This message was deleted." in text
        and "gone" not in text.split("</style>")[1].replace('class="gone"', "")
    )
    assert 'src="avatars/partner-11.png"' in text and "avatars/partner-12" not in text  # no pictures with scripts
    assert ">👍 2</span>" in text and 'href="#m1"' in text and "the-secret" not in text
    assert "default-src 'none'" in text
    assert result.left_out == [
        "1 file; run `odoochat sync --files` to download them", "1 embedded picture, replaced with text",
    ]  # fmt: skip
    assert "1 embedded picture, replaced with text" in text
    assert sorted(f.name for f in (tmp_path / "out").rglob("*") if f.is_file()) == [
        "5-x.png", "6-page.html.download", "index.html", "partner-11.png",
    ]  # fmt: skip


async def test_markdown(archive: Archive, tmp_path: Path) -> None:
    result = await Exporter(archive).run(GENERAL, tmp_path / "out", "markdown")
    text = result.path.read_text("utf-8")
    assert "# gen\\<b\\>eral" in text and "Hello \\<all\\> \\& \\*everyone\\*" in text
    assert "```\nx = 1 < 2\n  y\n```" in text and "[four](<https://ok.example/?a=1&b=%22>)" in text
    assert "(files/5-x.png)" in text and "*deleted*" in text and "👍 2" in text
    assert "<script" not in text and "javascript:" not in text.replace("javascript:alert\\(2\\)", "")


async def test_json_lines_are_read_back_with_every_field(archive: Archive, tmp_path: Path) -> None:
    result = await Exporter(archive).run(GENERAL, tmp_path / "g.jsonl", "json")
    read = [*read_export(tmp_path / "g.jsonl")]
    stored = [each.message async for each in archive.messages(1) if not each.deleted]
    assert msgspec.to_builtins(read) == msgspec.to_builtins(stored)
    assert "the-secret" not in result.path.read_text("utf-8")
    assert result.left_out[0] == "3 files; export to a folder to include them"
    (tmp_path / "g.jsonl").write_text('{"type": "message"}\n')
    with pytest.raises(ConfigError, match=r"g\.jsonl, line 1 is not part of an export"):
        [*read_export(tmp_path / "g.jsonl")]
    with pytest.raises(ConfigError, match="cannot read"):
        [*read_export(tmp_path / "none.jsonl")]


async def test_an_existing_export_is_not_replaced_unasked_and_a_failure_leaves_nothing(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "g.html"
    await Exporter(archive).run(GENERAL, target)
    with pytest.raises(ConfigError, match=r"g\.html already exists.*replace=True"):
        await Exporter(archive).run(GENERAL, target)
    await Exporter(archive).run(GENERAL, target, replace=True)
    (tmp_path / "note").write_text("x")
    with pytest.raises(ConfigError, match="is a file"):
        await Exporter(archive).run(GENERAL, tmp_path / "note")
    before = {f.name for f in tmp_path.iterdir()}

    def failing(_count: int) -> None:
        raise KeyboardInterrupt

    await archive.keep([message(n, "more") for n in range(100, 400)])
    with pytest.raises(KeyboardInterrupt):
        await Exporter(archive).run(GENERAL, tmp_path / "new.html", progress=failing)
    assert {f.name for f in tmp_path.iterdir()} == before
    with pytest.raises(ConfigError, match="cannot export to"):
        await Exporter(archive).run(GENERAL, tmp_path / "note" / "x.html")


async def test_long_channels_are_cut_into_pages_that_lead_to_each_other(tmp_path: Path) -> None:
    async with Archive(None) as archive:
        await archive.keep([message(n, f"number {n}.") for n in range(1, 2 * PAGE + 2)])
        result = await Exporter(archive).run(ChannelInfo(1, "long"), tmp_path)
        names = ["index.html", "page-2.html", "page-3.html"]
        texts = [(tmp_path / name).read_text("utf-8") for name in names]
        assert result.messages == 2 * PAGE + 1 and "missing from the archive" in result.left_out[0]
        assert [text.count("number ") for text in texts] == [PAGE, PAGE, 1]
        assert 'href="page-2.html"' in texts[0] and 'href="index.html"' in texts[1] and 'href="page-3.html"' in texts[1]
        assert 'href="page-2.html"' in texts[2] and "Later messages" not in texts[2]
        for text in texts:
            Page(text).check()


_PIECES = [
    "<b>",
    "</b>",
    "<p>",
    "<pre>",
    "</pre>",
    "<a href='",
    "'>",
    '"',
    "<script>",
    "<img src=x onerror=",
    "<!--",
    ">",
    "&lt;",
    "x",
    "\n",
    "<blockquote>",
    "javascript:",
    "https://a.example",
    "<ul><li>",
    "<h2>",
    "<table><tr><th>",
    "<td>",
]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=5), max_size=30))
def test_no_body_breaks_out(pieces: list[str]) -> None:
    html = "".join(pieces)
    page = Page(body(message(1, html, html=html)))
    assert page.tags <= {
        "b", "i", "s", "code", "a", "br", "pre", "blockquote", "p", "h3", "h4", "div", "table", "tr", "td", "th",
    }  # fmt: skip
    page.check()


_MARKS = [
    "`", "``", "```", "~~~", "\n", "    ", "<script>x</script>", "<img src=x>", "](javascript:x)", "[a", "!", "*",
    "\\", "&lt;", "> ", "- ", "1. ", "===", "---", "|", "a",
]  # fmt: skip
_TAGS = ["b", "i", "code", "pre", "p", "blockquote", "li", "h1", 'a href="https://a.example/?`!`"']


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(["", *_TAGS]), st.lists(st.sampled_from(_MARKS), max_size=5)), max_size=8))
@example([("pre", ["a", "\n", "```", "\n", "<img src=x>"])])
@example([("code", ["``", "<img src=x>", "a"])])
@example([("code", ["a", "<img src=x>", "`", "a"]), ('a href="https://a.example/?`!`"', ["<img src=x>", "```", "a"])])
@example([("p", ["!"]), ('a href="https://a.example/?`!`"', ["a"])])
@example([("", ["a!"]), ('a href="https://a.example/?`!`"', ["a"])])
def test_no_text_breaks_out_of_markdown(parts: list[tuple[str, list[str]]]) -> None:
    html = "".join(
        f"<{tag}>{escape(''.join(text))}</{tag.split()[0]}>" if tag else escape("".join(text)) for tag, text in parts
    )
    page = MarkdownWriter().item(Item(message(1, html, html=html), False, {}))
    tokens = MarkdownIt("commonmark").parse(page)
    for token in [*tokens, *(child for each in tokens for child in each.children or [])]:
        assert token.type not in ("html_block", "html_inline", "image"), page
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith("https://a.example/"), page


STRUCTURED = (
    "<h2>Plan <i>B</i></h2><p>One.<br>Two.</p><ul><li>a</li><li>b<ol><li>c</li></ol></li></ul><h4>Sums</h4>"
    "<table><tr><th>who</th><th>sum|</th></tr><tr><td>Bob</td><td>1</td></tr></table><blockquote>q</blockquote>"
)


def test_headings_lists_and_tables_remain_what_they_are() -> None:
    assert body(message(1, "", html=STRUCTURED)) == (
        "<h3>Plan <i>B</i></h3><p>One.<br>Two.</p>"
        '<div class="li">• a</div><div class="li">• b</div>'
        '<div class="li" style="margin-left:1.3em">1. c</div><h4>Sums</h4>'
        "<table><tr><th>who</th><th>sum|</th></tr><tr><td>Bob</td><td>1</td></tr></table><blockquote>q</blockquote>"
    )
    page = MarkdownWriter().item(Item(message(1, "", html=STRUCTURED), False, {}))
    assert page.endswith(
        "\n### Plan *B*\n\nOne.\\\nTwo.\n\n- a\n- b\n  1. c\n\n#### Sums\n\n"
        "| who | sum\\| |\n| --- | --- |\n| Bob | 1 |\n\n> q\n"
    )


async def test_markdown_keeps_the_code(tmp_path: Path) -> None:
    code = "echo a \\\n\n```\nend \\"
    async with Archive(tmp_path / "a.sqlite") as archive:
        await archive.keep([message(1, code, html=f"<p>see</p><pre>{code}</pre>")], [GENERAL])
        result = await Exporter(archive).run(GENERAL, tmp_path / "g.md", "markdown")
    fences = [each for each in MarkdownIt("commonmark").parse(result.path.read_text("utf-8")) if each.type == "fence"]
    assert [each.content for each in fences] == [f"{code}\n"]


async def test_a_full_disk_leaves_nothing_of_an_export(archive: Archive, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")  # which Windows does not have
    content = next(files_folder(tmp_path / "a.sqlite").glob("*.png"))
    before = {f.name for f in tmp_path.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for most, target in ((100, "out.html"), (content.stat().st_size - 1, "out")):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
        try:
            with pytest.raises(ConfigError, match="cannot export to"):
                await Exporter(archive).run(GENERAL, tmp_path / target)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {f.name for f in tmp_path.iterdir()} - before <= {"out"}
    assert not [f.name for f in (tmp_path / "out").rglob("*") if f.is_file()]


async def test_a_reaction_of_a_whole_company_names_some(tmp_path: Path) -> None:
    many = tuple(Author(n, name=f"Person {n}") for n in range(1, 100_001))
    async with Archive(None) as archive:
        await archive.keep([message(1, "hi", reactions=(Reaction("👍", 100_000, many),))], [GENERAL])
        result = await Exporter(archive).run(GENERAL, tmp_path / "g.html")
    page = result.path.read_text("utf-8")
    assert "Person 100, and 99,900 more" in page and "👍 100000" in page
    assert len(page) < 20_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
async def test_what_another_user_placed_in_the_folder_of_an_export_is_not_written_to(
    archive: Archive, tmp_path: Path
) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    victim.write_text("mine")
    theirs = [out / ".index.html.part", out / "files" / ".5-x.png.part", out / "files" / ".6-page.html.download.part"]
    for folder in (out, out / "files", out / "avatars"):
        folder.mkdir()
    theirs[0].write_text("")  # a file of theirs would let them read the export
    os.link(victim, theirs[1])
    os.mkfifo(theirs[2])
    (out / "avatars" / "partner-11.png").symlink_to(victim)

    async def avatar(author: Author) -> bytes:
        return PNG

    result = await asyncio.wait_for(Exporter(archive, avatar).run(GENERAL, out), 30)
    assert victim.read_text() == "mine"
    assert theirs[0].read_text() == ""
    assert result.path.stat().st_ino != theirs[0].stat().st_ino
    assert (out / "avatars" / "partner-11.png").read_bytes() == PNG
    assert not (out / "avatars" / "partner-11.png").is_symlink()
    assert (out / "files" / "5-x.png").read_bytes() == PNG


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
async def test_every_file_of_an_export_is_private_under_any_umask(archive: Archive, tmp_path: Path) -> None:
    async def avatar(author: Author) -> bytes:
        return PNG

    kept = os.umask(0)
    try:
        await Exporter(archive, avatar).run(GENERAL, tmp_path / "out")
    finally:
        os.umask(kept)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").rglob("*")}
    assert {name for name, mode in found.items() if mode & 0o077} == set()
