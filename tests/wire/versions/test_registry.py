"""The registry: a new Odoo version is one table, and one entry before the others."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from odoochat.core.state import ClientState
from odoochat.errors import NotSupported, ProtocolError
from odoochat.events import MessagePosted, NotificationReceived
from odoochat.model import Version
from odoochat.wire.decoders.base import Decoder
from odoochat.wire.decoders.store import StoreDecoder
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.messages import OutgoingMessage
from odoochat.wire.updates import Names, PollsPatch, Update
from odoochat.wire.version_table import VersionTable
from odoochat.wire.versions import odoo20
from odoochat.wire.versions.dialect import Dialect
from odoochat.wire.versions.features import FEATURES
from odoochat.wire.versions.registry import MAJORS, TABLES, dialect_for, table_for


class RenamingDecoder(StoreDecoder):
    """Decodes a version that renamed the notification of new messages."""

    def decode(self, notification: Notification, names: Names) -> list[Update]:
        """See `Decoder.decode`."""
        if notification.type == "talk.channel/posted":
            notification = replace(notification, type="discuss.channel/new_message")
        return super().decode(notification, names)


TABLE_21: VersionTable = replace(
    odoo20.TABLE,
    first=Version(20, 3),
    major=21,
    decoder=RenamingDecoder,
    channel_model="talk.channel",
    member_model="talk.member",
    read_path="/talk/read",
    typing_path="/talk/typing",
    content_field="content",
    echoes_local_id=False,
)
WITH_21 = (TABLE_21, *TABLES)


@pytest.mark.parametrize("version", [Version(20, 3), Version(21), Version(23, 1)])
def test_releases_from_the_first_one_on_use_the_new_table(version: Version) -> None:
    assert table_for(version, WITH_21) is TABLE_21
    assert dialect_for(version, WITH_21).version == version


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.major))
def test_other_versions_keep_their_tables(table: VersionTable) -> None:
    assert table_for(table.first, WITH_21) is table_for(table.first) is table


def test_the_requests_use_the_new_names() -> None:
    dialect = dialect_for(Version(21), WITH_21)
    assert dialect.membership.typing(1, True) == Route("/talk/typing", {"channel_id": 1, "is_typing": True})
    assert dialect.messages.mark_read(1, 0, 5) == Route("/talk/read", {"channel_id": 1, "last_message_id": 5})
    call = dialect.messages.post(OutgoingMessage(1, "x", "k"))
    assert (call.model, "context" in call.kwargs) == ("talk.channel", False)
    domain: Any = dialect.messages.search([]).kwargs["domain"]
    assert ["model", "=", "talk.channel"] in domain
    assert dialect.membership.fetch_all(3).model == "talk.member"
    rows: Any = dialect.files.upload("a.txt", "aGk=", None).kwargs["vals_list"]
    assert rows[0]["content"] == "aGk="
    assert dialect.polls.create(1, "?", [], minutes=1, several=False).params["thread_model"] == "talk.channel"
    read = dialect.files.read_content(7)
    assert read == Call(
        "ir.attachment", "read", (7,), {"fields": ["content"], "context": {"include_binary_content": True}}
    )


def test_its_decoder_decodes() -> None:
    row = {"id": 5, "body": "<p>x</p>", "res_id": 1, "model": "talk.channel", "date": "2026-11-22 19:43:17"}
    payload = {"id": 1, "store_data": {"mail.message": [row]}}
    notification = Notification(1, "talk.channel/posted", payload)
    (event,) = dialect_for(Version(21), WITH_21).decoder.decode(notification, ClientState())
    assert isinstance(event, MessagePosted)
    assert (event.message.channel.id, event.message.record) == (1, None)
    (event,) = dialect_for(Version(20), WITH_21).decoder.decode(notification, ClientState())
    assert isinstance(event, NotificationReceived)


def test_features_stay_until_a_version_removes_them() -> None:
    dialect = dialect_for(Version(21), WITH_21)
    for name, feature in FEATURES.items():
        first, last = feature.session
        if last is None:
            assert dialect.can(name, "session")
            dialect.require(name, "session")
        assert not dialect_for(Version(14)).can(name, "session") or first == 14
    assert not dialect.can("star", "key")  # removed with 20
    with pytest.raises(NotSupported, match="needs Odoo 20 or later; this server is Odoo 19"):
        dialect_for(Version(19)).require("poll", "session")


def test_a_version_before_the_first_table_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"Odoo 13\.0 is too old: odoochat supports Odoo 14 and later"):
        table_for(Version(13))


def test_each_table_describes_a_version_of_its_own() -> None:
    assert tuple(range(14, 21)) == MAJORS
    assert [table.first for table in TABLES] == sorted((table.first for table in TABLES), reverse=True)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.major))
def test_a_dialect_holds_no_state(table: VersionTable) -> None:
    """The parts of a dialect hold only the table and the kind of login, also after decoding."""
    dialect = dialect_for(table.first)
    payload = {"mail.poll": [{"id": 3, "poll_question": "?"}], "res.users": [{"id": 2, "partner_id": 3}]}
    dialect.decoder.decode(Notification(1, "mail.record/insert", payload), ClientState())
    for name, part in vars(dialect).items():
        if name not in ("version", "table", "by_session"):
            assert [value for value in vars(part).values() if value not in (table, True)] == []


@pytest.mark.parametrize("major", MAJORS)
def test_each_decoder_has_all_methods_of_the_interface(major: int) -> None:
    decoder: Decoder = dialect_for(Version(major)).decoder
    wanted = {name for name, value in vars(Decoder).items() if not name.startswith("_") and callable(value)}
    assert wanted >= {"decode", "page_messages", "reactions_in", "previews_in"}
    assert {name for name in wanted if callable(getattr(decoder, name, None))} == wanted


def test_a_version_with_polls_may_have_the_presence_of_partners() -> None:
    table = replace(odoo20.TABLE, presence_model="res.partner")
    notification = Notification(1, "mail.record/insert", {"mail.poll": [{"id": 3, "poll_question": "?"}]})
    found = Dialect(table.first, table).decoder.decode(notification, ClientState())
    assert [type(update) for update in found] == [PollsPatch]


@pytest.mark.parametrize("thread", [{"id": 5, "model": "res.partner", "name": "Anna"}, {"model": "discuss.channel"}])
def test_a_record_of_17_that_is_no_channel_is_passed_over(thread: dict[str, object]) -> None:
    notification = Notification(1, "mail.record/insert", {"Thread": thread})
    assert dialect_for(Version(17)).decoder.decode(notification, ClientState()) == []
