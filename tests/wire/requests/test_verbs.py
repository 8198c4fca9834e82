"""What each version is asked, as PROTOCOL C.4 to C.10 has it."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.errors import ProtocolError
from odoochat.model import Version
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.messages import OutgoingMessage
from odoochat.wire.versions.dialect import Dialect
from odoochat.wire.versions.registry import dialect_for

ALL = range(14, 21)


def dialect(major: int, *, by_session: bool = True) -> Dialect:
    return dialect_for(Version(major), by_session=by_session)


def model(major: int) -> str:
    return "mail.channel" if major <= 16 else "discuss.channel"


@pytest.mark.parametrize("major", ALL)
def test_a_post(major: int) -> None:
    call = dialect(major).messages.post(OutgoingMessage(7, "<b>hi</b>", "abc"))
    assert (call.model, call.method, call.ids) == (model(major), "message_post", (7,))
    expected: dict[str, Any] = {
        "body": "<b>hi</b>",
        "message_type": "comment",
        "subtype_xmlid": "mail.mt_comment",
        "message_id": "<abc@odoochat>",
    }
    if major >= 17:
        expected |= {"body_is_html": True, "context": {"temporary_id": "abc"}}
    assert call.kwargs == expected
    assert dialect(major).table.echoes_local_id is (major >= 17)


@pytest.mark.parametrize("major", ALL)
def test_a_post_with_everything(major: int) -> None:
    message = OutgoingMessage(7, "x", "abc", 5, (1, 2), (3,))
    kwargs = dialect(major).messages.post(message).kwargs
    assert (kwargs["parent_id"], kwargs["attachment_ids"], kwargs["partner_ids"]) == (5, [1, 2], [3])


@pytest.mark.parametrize("typing", [True, False])
@pytest.mark.parametrize("major", ALL)
def test_typing(major: int, typing: bool) -> None:
    asked = dialect(major).membership.typing(7, typing)
    if major <= 15:
        assert asked == Call("mail.channel", "notify_typing", (7,), {"is_typing": typing})
    else:
        path = "/mail/channel/notify_typing" if major == 16 else "/discuss/channel/notify_typing"
        assert asked == Route(path, {"channel_id": 7, "is_typing": typing})


@pytest.mark.parametrize(
    ("major", "path"),
    [
        (15, "/mail/channel/set_last_seen_message"),
        (16, "/mail/channel/set_last_seen_message"),
        (17, "/discuss/channel/set_last_seen_message"),
        (18, "/discuss/channel/mark_as_read"),
        (19, "/discuss/channel/mark_as_read"),
        (20, "/discuss/channel/mark_as_read"),
    ],
)
def test_reading(major: int, path: str) -> None:
    assert dialect(major).messages.mark_read(7, 3, 5) == Route(path, {"channel_id": 7, "last_message_id": 5})


def test_14_is_read_by_a_call() -> None:
    expected = Call("mail.channel", "channel_seen", (7,), {"last_message_id": 5})
    assert dialect(14).messages.mark_read(7, 3, 5) == expected


@pytest.mark.parametrize("major", ALL)
def test_an_edit(major: int) -> None:
    content: dict[str, Any] = {"body": "<p>x</p>", "attachment_ids": [3]}
    if major >= 17:
        content["partner_ids"] = [8]
    asked = dialect(major).messages.edit(5, "<p>x</p>", [3], [8])
    written = dialect(major, by_session=False).messages.edit(5, "<p>x</p>", [3], [8])
    assert written == Call("mail.message", "write", (5,), {"vals": {"body": "<p>x</p>"}})
    if major == 14:
        assert asked == Call("mail.message", "write", (5,), {"vals": {"body": "<p>x</p>"}})
    elif major <= 18:
        assert asked == Route("/mail/message/update_content", {"message_id": 5} | content)
    else:
        assert asked == Route("/mail/message/update_content", {"message_id": 5, "update_data": content})


@pytest.mark.parametrize(("remove", "verb"), [(False, "add"), (True, "remove")])
@pytest.mark.parametrize("major", [m for m in ALL if m > 14])  # 14 has none
def test_a_reaction(major: int, remove: bool, verb: str) -> None:
    asked = dialect(major).messages.react(5, "👍", remove)
    plain = {"message_id": 5, "content": "👍"}
    if major <= 16:
        assert asked == Route(f"/mail/message/{verb}_reaction", plain)
    else:
        assert asked == Route("/mail/message/reaction", plain | {"action": verb})


@pytest.mark.parametrize("major", ALL)
def test_a_direct_chat(major: int) -> None:
    asked = dialect(major).channels.get_chat(9)
    if major <= 18:
        assert asked == Call(model(major), "channel_get", None, {"partners_to": [9]})
    else:
        path = "/mail/action" if major == 19 else "/mail/store"
        wanted = ["/discuss/get_or_create_chat", {"partners_to": [9]}, 1]
        assert asked == Route(path, {"fetch_params": [wanted]})


@pytest.mark.parametrize(
    ("major", "answer"),
    [
        (14, {"id": 2, "name": "Alice, Bob", "channel_type": "chat"}),
        (16, {"id": 2, "channel": {"id": 2}}),
        (18, {"discuss.channel": [{"id": 2}], "discuss.channel.member": [{"id": 8}]}),
        (19, {"DataResponse": [{"_resolve": True, "channel": {"id": 2, "model": "discuss.channel"}, "id": 1}]}),
        (20, {"DataResponse": [{"channel": {"id": 2}}], "discuss.channel": [{"id": 3}, {"id": 2}]}),
    ],
)
def test_which_chat_it_is(major: int, answer: Any) -> None:
    assert dialect(major).channels.created(answer) == 2


@pytest.mark.parametrize("answer", [None, False, [], {}, {"discuss.channel": []}, {"DataResponse": [1]}])
@pytest.mark.parametrize("major", [14, 18, 19])
def test_no_chat_is_an_error(major: int, answer: Any) -> None:
    with pytest.raises(ProtocolError, match="returned no channel"):
        dialect(major).channels.created(answer)


@pytest.mark.parametrize("major", ALL)
def test_a_file(major: int) -> None:
    call = dialect(major).files.upload("a.txt", "aGk=", "text/plain")
    lines: Any = call.kwargs["vals_list"]
    (values,) = lines
    assert (call.model, call.method, call.ids) == ("ir.attachment", "create", None)
    data = "raw" if major == 20 else "datas"
    assert values == {
        "name": "a.txt",
        data: "aGk=",
        "res_model": "mail.compose.message",
        "res_id": 0,
        "mimetype": "text/plain",
    }


@pytest.mark.parametrize("major", ALL)
def test_differences_between_the_versions(major: int) -> None:
    table = dialect(major).table
    members = "mail.channel.partner" if major <= 15 else f"{model(major)}.member"
    assert (table.channel_model, table.member_model) == (model(major), members)
    assert table.transports == (("longpoll",) if major <= 15 else ("websocket", "peek"))
    assert table.json2 is (major >= 19)
    assert table.check_outdated is (major == 20)
    assert ("author_guest_id" in table.message_fields) is (major >= 15)
