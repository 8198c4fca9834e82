"""Plain posts, which are read directly from their JSON, decode as if they were parsed like all other notifications."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.state import ClientState
from odoochat.events import MessagePosted
from odoochat.model import ChannelInfo, Version, same_facts
from odoochat.wire.envelopes import frames
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.versions.registry import dialect_for

MAJORS = (15, 16, 17, 18, 19, 20)
FRAMES = json.loads((Path(__file__).parents[3] / "bench" / "frames.json").read_text("utf-8"))
POSTS: dict[int, list[dict[str, Any]]] = {
    major: [row for row in json.loads(FRAMES[str(major)]) if row["message"]["type"].endswith("/new_message")]
    for major in MAJORS
}
_KEYS = """
    id name type body model thread res_id record_name author author_id author_guest_id email_from guestAuthor date
    create_date write_date message_type subject subtype_id subtype_description temporary_id parent_id parentMessage
    pinned_at starred is_bookmarked needaction attachment_ids attachments partner_ids recipients reactions
    messageReactionGroups message_link_preview_ids linkPreviews started_poll_ids ended_poll_ids main_user_id user_ids
    partner_id data store_data message mail.message res.partner mail.guest res.users mail.message.subtype mail.poll
    mail.poll.option MessageReactions ir.attachment
"""
KEYS = _KEYS.split()
values = st.recursive(
    st.sampled_from((None, True, False, 0, 1, 7, -1, 2**63, 1.5, "", "markup", "guest", "partner", "x", "Acme, Bob"))
    | st.sampled_from(
        ("mail.channel", "discuss.channel", "res.partner", "2026-11-22 21:51:43", "<p>a&amp;b</p>", "\x1b[1m")
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return the containers in a JSON value with their keys."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(value, key) for key, _ in pairs]
    for container, key in list(found):
        found += places(container[key])
    return found


def mutate(value: Any, data: st.DataObject, keys: list[str]) -> None:
    """Replace, remove, add or repeat one to three parts of a JSON value, with the given keys for what is added."""
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(value)))
        match data.draw(st.sampled_from(("replace", "remove", "add", "repeat"))):
            case "replace":
                container[key] = data.draw(values)
            case "remove":
                del container[key]
            case "add" if isinstance(container, dict):
                container[data.draw(st.sampled_from(keys))] = data.draw(values)
            case _ if isinstance(container, list):
                container.append(copy.deepcopy(container[key]))
            case _:
                pass
        if not places(value):
            break


def decoded(text: str, major: int, *, plain: bool) -> tuple[list[Any], object, object]:
    """Return the updates in a frame, and the people and users that the decoder remembered."""
    state = ClientState()
    state.renew([ChannelInfo(1, "general")])
    decoder = dialect_for(Version(major)).decoder
    updates: list[Any] = []
    for item in frames.items(text, decoder.posts if plain else None):
        updates += decoder.decode(item, state) if isinstance(item, Notification) else [item]
    return updates, state.people(), [state.partner_of(uid) for uid in (1, 6, 7)]


def same(one: Any, other: Any) -> bool:
    return len(one) == len(other) and all(map(same_facts, one, other))


def check(rows: object, major: int) -> None:
    text = json.dumps(rows)
    fast, slow = decoded(text, major, plain=True), decoded(text, major, plain=False)
    assert same(fast[0], slow[0]), (fast[0], slow[0])
    assert fast[1:] == slow[1:]


@pytest.mark.parametrize("major", MAJORS)
def test_recorded_posts_are_plain(major: int) -> None:
    reader = dialect_for(Version(major)).decoder.posts
    assert reader is not None
    (item,) = frames.items(json.dumps(POSTS[major]), reader)
    assert isinstance(item, Notification)
    assert not isinstance(item.payload, dict)
    (update,) = decoded(json.dumps(POSTS[major]), major, plain=True)[0]
    assert isinstance(update, MessagePosted)
    assert update.message.text.startswith("Message 1000000007 with some <words> & more text")
    assert (update.message.author.name, update.message.channel.name) == ("Bob", "general")
    check(POSTS[major], major)


@pytest.mark.parametrize("major", MAJORS)
@given(data=st.data())
def test_both_ways_of_decoding_agree(major: int, data: st.DataObject) -> None:
    rows = copy.deepcopy(POSTS[major])
    mutate(rows, data, KEYS)
    check(rows, major)


@pytest.mark.parametrize("major", MAJORS)
def test_a_post_among_other_notifications_is_read(major: int) -> None:
    typing = {"id": 5, "message": {"type": "x", "payload": {"a": [1]}}}
    check([typing, *POSTS[major], {"id": -1, "message": {"type": "y", "payload": 1}}], major)


@pytest.mark.parametrize("major", MAJORS)
def test_odd_text_in_a_post_is_mended_as_usual(major: int) -> None:
    text = json.dumps(POSTS[major])
    for odd in (text.replace("more text", "\\ud800"), text.replace('"Bob"', '"B\\u202eob"'), text.replace("/", "\\/")):
        fast, slow = decoded(odd, major, plain=True), decoded(odd, major, plain=False)
        assert same(fast[0], slow[0])
        assert fast[1:] == slow[1:]
