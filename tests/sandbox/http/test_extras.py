"""Canned responses, and link previews, for which the sandbox sends no request to the linked server."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw

every = pytest.mark.parametrize("sandbox", [14, 16, 17, 18, 19], indirect=True)


@every
async def test_canned_responses(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    late = sandbox.version >= 18
    model = "mail.canned.response" if late else "mail.shortcode"
    listener = await alice.socket(sandbox.world.state.bus.last_id()) if late else None
    made = await alice.kw(model, "create", {"source": "bye", "substitution": "Good bye!"})
    rows = await alice.x(model, "search_read", [["source", "=", "bye"]], ["source", "substitution"])
    assert rows == [{"id": made, "source": "bye", "substitution": "Good bye!"}]
    assert len(await bob.x(model, "search", [["source", "=", "bye"]])) == (0 if late else 1)
    if not late:
        boot = await alice.route("/mail/init_messaging")
        (shown,) = boot["shortcodes"]
        assert (shown["id"], shown["source"], shown["substitution"]) == (made, "bye", "Good bye!")
        return
    assert listener is not None
    record = {"id": made, "source": "bye", "substitution": "Good bye!"}
    assert await listener.until("mail.record/insert") == {"mail.canned.response": [record]}
    asked: dict[str, Any] = {"canned_responses": True} if sandbox.version < 19 else {
        "fetch_params": ["mail.canned.response"]
    }  # fmt: skip
    found = await alice.route("/mail/data", **asked)
    assert [one["source"] for one in found["mail.canned.response"]] == ["bye", "hello"]
    assert (await bob.fault(model, "unlink", [made]))[0] == 4
    await alice.kw(model, "unlink", [made])
    assert await listener.until("mail.record/insert") == {"mail.canned.response": [{"_DELETE": True, "id": made}]}


@pytest.mark.parametrize("sandbox", [16, 17, 18, 19], indirect=True)
async def test_previews_of_links(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    body = '<p><a href="https://example.com/news?a=1&amp;b=2">news</a> <a href="/web">own</a></p>'
    message = sandbox.world.post("alice", 1, body, is_html=True)
    listener = await bob.socket(sandbox.world.state.bus.last_id())
    await bob.route("/mail/link_preview", message_id=message)  # not the author: nothing happens
    await alice.route("/mail/link_preview", message_id=message)
    if sandbox.version < 17:
        found: Any = await listener.until("mail.link.preview/insert")
        (preview,) = found
    else:
        payload = await listener.until("mail.record/insert")
        (preview,) = payload["LinkPreview"] if sandbox.version < 18 else payload["mail.link.preview"]
        if sandbox.version >= 19:
            assert payload["mail.message"] == [{"id": message, "message_link_preview_ids": [1]}]
            assert payload["mail.message.link.preview"] == [{"id": 1, "link_preview_id": 1, "message_id": message}]
        elif sandbox.version >= 18:
            assert payload["mail.message"] == [{"id": message, "linkPreviews": [1]}]
    assert preview["source_url"] == "https://example.com/news?a=1&b=2"
    assert (preview["og_title"], preview["og_type"]) == ("example.com/news", "website")
    row = sandbox.world.state.messages.get(message)
    assert row is not None
    assert "og_title" in str(sandbox.world.payloads.format([row], alice.uid))
    assert (await alice.fault("mail.link.preview", "search", []))[0] == 4
    async with Raw(sandbox.url, sandbox.db, "admin") as admin:
        (shown,) = await admin.x("mail.link.preview", "search_read", [], ["source_url", "og_title"])
        assert shown["og_title"] == "example.com/news"
