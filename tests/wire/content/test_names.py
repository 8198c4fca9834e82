"""Names in which something is hidden show it; long frames are not read."""

from __future__ import annotations

import json

import pytest

from odoochat.core.state import ClientState
from odoochat.events import MessagePosted
from odoochat.model import Version
from odoochat.render import json_line
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.envelopes import frames
from odoochat.wire.envelopes.frames import Internal, Malformed, Notification
from odoochat.wire.versions.registry import dialect_for

HIDDEN = "\u200b\u200c\u200d\u200e\u202e\u2060\u2066\u00ad\u034f\u3164\ufeff\ue000\U000e0041\U0010eeee\ufdd0\ufe0f"


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda c: f"{ord(c):x}")
def test_what_is_hidden_in_a_name_is_marked(hidden: str) -> None:
    assert safe_name(f"An{hidden}n") == "An\ufffdn"
    assert safe_name(f"Ann{hidden}{hidden}") == "Ann\ufffd"


@pytest.mark.parametrize(
    "name",
    ["Ann", "Zoë Ørsted", "👩‍💻 Ann", "❤️", "1️⃣ team", "می‌خواهم", "क्‍ष", "🏴\U000e0067\U000e0062\U000e007f", "名前"],
)
def test_what_belongs_to_a_name_stays(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize("major", [14, 17, 19])
def test_authors_are_named_safely_when_they_are_decoded(major: int) -> None:
    name = "A\u200bnn"
    if major == 19:
        store = {
            "mail.message": [{"id": 5, "body": "x", "res_id": 1, "author_id": 2}],
            "res.partner": [{"id": 2, "name": name}],
        }
        item = Notification(1, "discuss.channel/new_message", {"id": 1, "data": store})
    else:
        model = "mail.channel" if major == 14 else "discuss.channel"
        message = {"id": 5, "body": "x", "model": model, "res_id": 1, "author_id": [2, name]}
        item = Notification(1, "discuss.channel/new_message", {"id": 1, "message": message})
        if major == 14:
            item = Notification(1, "", message, ["db", "mail.channel", 1])
    (posted,) = dialect_for(Version(major)).decoder.decode(item, ClientState())
    assert isinstance(posted, MessagePosted)
    assert posted.message.author.name == "A\ufffdnn"


def test_json_escapes_what_cannot_be_seen() -> None:
    line = json_line({"name": f"a{HIDDEN[:-1]}b\x9b"})
    assert line.isascii()
    assert json.loads(line) == {"name": f"a{HIDDEN[:-1]}b\x9b"}


def test_a_frame_that_is_too_long_asks_to_catch_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_FRAME", 100)
    assert frames.parse("[" + " " * 100 + "]") == [Internal("bus/subscription_outdated")]
    assert frames.parse("[]") == []


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_notifications_with_ids_that_no_row_has_are_malformed(number: int) -> None:
    row = {"id": number, "message": {"type": "x", "payload": 1}}
    assert [type(item) for item in frames.parse(json.dumps([row]))] == [Malformed]
    assert [type(item) for item in frames.from_rows([row])] == [Malformed]
