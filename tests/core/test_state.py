"""The client's state: what each event, list and patch changes, and what is known afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from odoochat.core.state import PEOPLE_REMEMBERED, USERS_REMEMBERED, ClientState
from odoochat.core.typists import MOST
from odoochat.events import (
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
    InboxRead,
    InboxReceived,
    LinkChanged,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    MessageSeen,
    PinChanged,
    PresenceChanged,
    PreviewsChanged,
    ReactionChanged,
    StarChanged,
    TypingChanged,
)
from odoochat.model import Attachment, Author, ChannelInfo, ChannelRef, LinkPreview, Me, Message, Reaction
from odoochat.wire.updates import ChannelPatch, Marked, MessagePatch
from tests.facts import facts

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ME = Me(5, 6, "Alice", "alice")
BOB = Author(7, "partner", "Bob")


def posted(number: int, author: Author = BOB, kind: str = "comment") -> MessagePosted:
    return MessagePosted(Message(number, ChannelRef(1, "general"), author, "t", "<p>t</p>", NOW, kind=kind))


def store() -> ClientState:
    made = ClientState()
    made.me = ME
    made.renew([ChannelInfo(1, "general"), ChannelInfo(2, "Bob", "chat")])
    return made


def unread(made: ClientState) -> int:
    info = made.info(1)
    assert info is not None
    return info.unread


def test_unread_counts_others_comments_until_i_write_or_read():
    made = store()
    for number in (1, 2):
        made.apply(posted(number), 0.0)
    made.apply(posted(3, kind="notification"), 0.0)
    assert unread(made) == 2
    made.apply(MessageSeen(ChannelRef(1), BOB, 2), 0.0)
    assert unread(made) == 2, "Bob's mark is not mine"
    made.apply(MessageSeen(ChannelRef(1), ME.author, 1), 0.0)
    assert unread(made) == 1
    made.apply(posted(4, ME.author), 0.0)
    assert unread(made) == 0


def test_a_message_that_is_committed_late_is_not_unread_if_i_have_read_newer_ones():
    made = store()
    made.apply(posted(5, ME.author), 0.0)
    made.apply(posted(4), 0.0)
    assert unread(made) == 0
    made.apply(posted(6), 0.0)
    assert unread(made) == 1
    made.apply(MessageSeen(ChannelRef(1), ME.author, 8), 0.0)
    made.apply(posted(7), 0.0)
    assert unread(made) == 0
    made.patch_channel(ChannelPatch(1, unread=2, unread_from=6))
    made.apply(posted(3), 0.0)
    assert unread(made) == 2
    made.apply(posted(9), 0.0)
    assert unread(made) == 3


def test_my_post_that_is_committed_late_leaves_newer_messages_unread():
    made = store()
    made.apply(posted(4), 0.0)
    made.apply(posted(6), 0.0)
    made.apply(posted(5, ME.author), 0.0)
    assert unread(made) == 1


def test_my_post_that_the_server_has_counted_leaves_its_count():
    made = store()
    made.counted = 7
    made.patch_channel(ChannelPatch(1, unread=2))
    for message in (posted(5, ME.author), posted(6), posted(7)):
        made.apply(message, 0.0)
    assert unread(made) == 2


def test_messages_of_all_kinds_but_notifications_are_unread():
    made = store()
    for number, kind in enumerate(("comment", "email", "auto_comment", "notification", "user_notification"), 1):
        made.apply(posted(number, kind=kind), 0.0)
    assert unread(made) == 3
    made.apply(MessageSeen(ChannelRef(1), ME.author, 1), 0.0)
    assert unread(made) == 2


def test_a_new_message_with_the_id_of_one_that_i_have_read_is_unread():
    made = store()
    made.apply(posted(5, ME.author), 0.0)
    made.reuse(posted(5).message)
    made.apply(posted(5), 0.0)
    assert unread(made) == 1
    made.apply(posted(9, ME.author), 0.0)
    made.forget_messages()
    made.apply(posted(2), 0.0)
    assert unread(made) == 1


def test_reading_after_joining_again_lowers_the_count():
    made = store()
    for number in range(1, 5):
        made.apply(posted(number), 0.0)
    made.apply(MessageSeen(ChannelRef(1), ME.author, 4), 0.0)
    made.renew([ChannelInfo(1, "general", unread=4)])
    made.apply(MessageSeen(ChannelRef(1), ME.author, 3), 0.0)
    assert unread(made) == 1


def hidden(made: ClientState) -> bool:
    info = made.info(1)
    assert info is not None
    return not info.pinned


def test_a_new_message_shows_a_hidden_chat_again():
    for author in (BOB, ME.author):
        made = store()
        made.counted = 3
        made.patch_channel(ChannelPatch(1, pinned=False))
        made.apply(posted(3), 0.0)
        assert hidden(made), "the server's answer already includes this message"
        made.apply(posted(4, author), 0.0)
        made.apply(MessageSeen(ChannelRef(1), ME.author, 4), 0.0)
        assert not hidden(made)


def test_an_old_counter_does_not_hide_newer_messages():
    made = store()
    made.apply(posted(10), 0.0)
    made.patch_channel(ChannelPatch(1, unread=0, unread_from=10))
    assert unread(made) == 1
    made.patch_channel(ChannelPatch(1, unread=0, unread_from=11))
    assert unread(made) == 0


def test_typists_are_forgotten_when_they_stop_write_or_fall_silent():
    made = store()
    made.apply(TypingChanged(ChannelRef(1), BOB, True), 0.0)
    assert facts(made.typing(1, 59.0)) == facts([Author(7)])
    assert made.typing(1, 61.0) == []
    made.apply(TypingChanged(ChannelRef(1), BOB, True), 100.0)
    made.apply(posted(1), 101.0)
    assert made.typing(1, 101.0) == []
    made.apply(TypingChanged(ChannelRef(1), BOB, True), 110.0)
    made.apply(TypingChanged(ChannelRef(1), BOB, False), 111.0)
    assert made.typing(1, 111.0) == []


def test_patches_become_edits_and_removals_of_what_is_known():
    made = store()
    made.apply(posted(1), 0.0)
    edited = made.patched(MessagePatch(1, html="<p>new</p>"))
    assert isinstance(edited, MessageEdited)
    assert facts((edited.message.text, edited.message.author)) == facts(("new", BOB))
    removed = made.patched(MessagePatch(1, html='<span class="o-mail-Message-edited"></span>'))
    assert facts(removed) == facts(MessageDeleted(1, ChannelRef(1, "general")))
    assert made.patched(MessagePatch(99, html="<p>x</p>")) is None, "it must be fetched"
    made.apply(MessageDeleted(1), 0.0)
    assert made.messages.was_deleted(1)
    assert made.message(1) is None


def test_channels_come_change_and_go():
    made = store()
    events = made.renew([ChannelInfo(1, "renamed"), ChannelInfo(3, "new")])
    assert {type(e) for e in events} == {ChannelLeft, ChannelChanged, ChannelJoined}
    assert made.channel(1).name == "renamed"
    assert made.channel(2).name == ""
    assert made.patch_channel(ChannelPatch(3, last_activity=NOW)) == []
    assert made.patch_channel(ChannelPatch(3, description="d")) != []


def test_only_the_newest_messages_are_kept():
    made = ClientState(recent=3)
    made.keep(posted(n).message for n in range(1, 6))
    assert [i for i in range(10) if made.message(i) is not None] == [3, 4, 5]


def test_a_display_name_is_no_plain_name_until_the_server_said_so():
    made = ClientState()
    assert made.author("partner", 7, "Acme, Bob", display=True).name == "Acme, Bob"
    assert made.plain_name(7, "Acme, Bob") is None, "it must be asked for"
    assert made.author("partner", 7, "Bob").name == "Bob"
    assert made.author("partner", 7, "Acme, Bob", display=True).name == "Bob"
    assert made.plain_name(7, "Acme, Bob") == "Bob"
    assert made.plain_name(7, "Acme, Robert") is None
    assert made.author("partner", 7, "Robert", display=True).name == "Robert"
    assert made.author("partner", 7).name == "Robert"


def test_unread_comments_are_counted_as_they_were():
    store = ClientState(recent=4)
    store.me = Me(2, 6, "Alice")
    store.renew([ChannelInfo(1, "general", unread=9), ChannelInfo(2, "other", unread=9)])
    for number, channel, author in ((5, 1, 7), (9, 1, 7), (7, 1, 7), (8, 2, 7), (10, 1, 6), (11, 1, 7)):
        one = Message(number, ChannelRef(channel), Author(author), "t", "t", NOW)
        store.apply(MessagePosted(one), 0.0)
    # 5 and 9 are not among the four recent ones any more, 10 is my own.
    store.patch_channel(ChannelPatch(1, unread=0, unread_from=1))
    assert store.info(1).unread == 2
    store.apply(MessageDeleted(7, ChannelRef(1)), 0.0)
    store.patch_channel(ChannelPatch(1, unread=0, unread_from=1))
    assert store.info(1).unread == 1
    store.messages.clear()
    store.patch_channel(ChannelPatch(1, unread=0, unread_from=1))
    assert store.info(1).unread == 0


def test_a_reaction_is_known_whenever_the_message_is_read():
    store = ClientState()
    store.apply(posted(1), 0.0)
    store.apply(ReactionChanged(1, "👍", 1, (Author(7),)), 0.0)
    store.apply(ReactionChanged(1, "🎉", 2), 0.0)
    store.apply(StarChanged((1,), True), 0.0)
    assert [r.content for r in store.message(1).reactions] == ["👍", "🎉"]
    store.apply(ReactionChanged(1, "👍", 0), 0.0)
    assert [(r.content, r.count) for r in store.message(1).reactions] == [("🎉", 2)]
    assert store.message(1).starred


def reactions(made: ClientState, number: int) -> list[tuple[str, int]]:
    found = made.message(number)
    assert found is not None
    return [(r.content, r.count) for r in found.reactions]


def test_the_owner_of_a_member_record_is_remembered():
    made = store()
    assert made.member(3) is None
    assert made.member(3, BOB) is BOB
    assert made.member(3) is BOB
    assert made.member(0, BOB) is BOB
    assert made.member(0) is None, "0 is no record"


def test_a_status_is_the_last_one_received():
    made = store()
    assert made.status(7) == ""
    made.apply(PresenceChanged(BOB, "online"), 0.0)
    made.apply(PresenceChanged(Author(7, "guest"), "away"), 0.0)
    assert made.status(7) == "online", "the status of a guest is not that of a partner with the same id"


def test_names_of_people_are_kept():
    made = store()
    made.author("partner", 7, "Bob")
    made.author("guest", 7, "Visitor")
    assert made.people() == {("partner", 7): "Bob", ("guest", 7): "Visitor"}


def test_the_channel_of_a_recent_message_is_known():
    made = store()
    made.apply(posted(1), 0.0)
    assert (made.channel_of(1), made.channel_of(2)) == (1, 0)


def test_marks_change_recent_messages_and_no_others():
    made = store()
    made.apply(posted(1), 0.0)
    preview = LinkPreview("https://example.com/")
    for event in (PinChanged(1, NOW), PreviewsChanged(1, (preview,)), PinChanged(2, NOW)):
        made.apply(event, 0.0)
    found = made.message(1)
    assert found is not None
    assert (found.pinned, found.previews) == (NOW, (preview,))
    assert made.message(2) is None


def test_the_inbox_holds_messages_of_unlisted_channels():
    made = ClientState()
    made.apply(InboxReceived(posted(1).message), 0.0)
    assert made.inbox.counters.inbox == 1
    assert made.channels() == []


def test_the_inbox_counts_in_its_channel():
    made = store()
    message = posted(1).message
    made.apply(posted(1), 0.0)
    made.apply(InboxReceived(message), 0.0)
    made.apply(InboxReceived(message), 0.0)
    assert [c.needaction for c in made.channels()] == [1, 0]
    found = made.message(1)
    assert found is not None
    assert found.needaction
    made.apply(InboxRead((1, 2)), 0.0)
    assert [c.needaction for c in made.channels()] == [0, 0]
    found = made.message(1)
    assert found is not None
    assert not found.needaction


def test_the_inbox_says_how_many_messages_of_a_channel_are_there():
    made = store()
    with made.inbox.reading() as reading:
        events = made.count_inbox(Marked({1: 1, 7: 2, 8: 0}, frozenset(), complete=True), reading)
    assert [e.channel.needaction for e in events] == [1, 1]
    made.renew([ChannelInfo(1, "general", needaction=9), ChannelInfo(2, "Bob", "chat")])
    assert [c.needaction for c in made.channels()] == [1, 1], "the rows of the channels may be older"
    made.apply(InboxRead((7,)), 0.0)
    assert [c.needaction for c in made.channels()] == [1, 0]


def test_an_inbox_too_large_to_be_listed_is_counted_by_the_server():
    made = store()
    with made.inbox.reading() as reading:
        assert made.count_inbox(Marked({1: 1}, frozenset(), complete=False), reading) == []
    made.renew([ChannelInfo(1, "general", needaction=9_000), ChannelInfo(2, "Bob", "chat")])
    made.apply(InboxRead((1,)), 0.0)
    assert [c.needaction for c in made.channels()] == [8_999, 0]


def test_what_changes_while_channels_are_read_is_newer_than_their_rows():
    made = store()
    made.apply(posted(4), 0.0)
    with made.known_channels.reading() as changed:
        made.apply(MessageSeen(ChannelRef(1), ME.author, 4), 0.0)
        made.patch_channel(ChannelPatch(2, description="new", muted=(NOW,)))
    made.patch_channel(ChannelPatch(1, description="after the answer"))
    rows = [
        ChannelInfo(1, "general", unread=1, description="as read"),
        ChannelInfo(2, "Bob", "chat", description="old"),
    ]
    made.renew(rows, changed)
    one, two = made.channels()
    assert (one.unread, one.description) == (0, "as read")
    assert (two.description, two.muted) == ("new", NOW)


def test_an_event_that_changes_nothing_known_is_harmless():
    made = store()
    before = (made.channels(), made.message(1))
    for event in (
        LinkChanged("open", "websocket"),
        MessageSeen(ChannelRef(9), ME.author, 5),
        ReactionChanged(1, "x", 1),
        MessageEdited(posted(1).message),
        MessageDeleted(1),
        MessageSeen(ChannelRef(1), BOB, 5),
    ):
        made.apply(event, 0.0)
    assert (made.channels(), made.message(1)) == before


def test_a_message_of_a_channel_that_is_not_listed_counts_nowhere():
    made = ClientState()
    made.apply(posted(1), 0.0)
    assert made.channels() == []
    assert made.message(1) is not None


def test_an_older_read_mark_changes_nothing():
    made = store()
    for number in (1, 2, 3):
        made.apply(posted(number), 0.0)
    made.apply(MessageSeen(ChannelRef(1), ME.author, 2), 0.0)
    made.apply(MessageSeen(ChannelRef(1), ME.author, 1), 0.0)
    assert unread(made) == 1


def test_a_patch_of_an_unknown_channel_or_without_news_changes_nothing():
    made = store()
    assert made.patch_channel(ChannelPatch(9, name="x")) == []
    assert made.patch_channel(ChannelPatch(1, name="general")) == []
    assert made.patch_channel(ChannelPatch(2, name="x")) == [], "a direct chat bears the name of the other member"
    assert made.patch_channel(ChannelPatch(1, name="sales")) != []
    assert made.channel(1).name == "sales"


def test_known_reactions_outlive_rows_without_reactions():
    made = store()
    made.apply(posted(1), 0.0)
    made.messages.learn_reactions(
        [msgspec.structs.replace(posted(1).message, reactions=(Reaction("x", 2),)), posted(2).message]
    )
    assert made.message(2) is None
    bare = msgspec.structs.replace(posted(1).message, reactions_known=False)
    made.keep([bare])
    assert reactions(made, 1) == [("x", 2)]
    made.apply(MessageEdited(bare), 0.0)
    assert reactions(made, 1) == [("x", 2)]
    made.apply(MessageEdited(msgspec.structs.replace(bare, reactions_known=True)), 0.0)
    assert reactions(made, 1) == []


def test_a_list_of_channels_counts_messages_after_the_servers_count():
    made = store()
    made.counted = 1
    for number in (1, 2, 3):
        made.apply(posted(number), 0.0)
    made.renew([ChannelInfo(1, "general", unread=4), ChannelInfo(2, "Bob", "chat")])
    assert unread(made) == 6


def test_a_removed_notice_leaves_the_count_of_comments():
    made = store()
    for event in (posted(1), posted(2, kind="notification"), MessageDeleted(2, ChannelRef(1))):
        made.apply(event, 0.0)
    made.patch_channel(ChannelPatch(1, unread=0, unread_from=1))
    assert unread(made) == 1


def test_the_partners_of_the_latest_users_are_known():
    made = ClientState()
    last = USERS_REMEMBERED * 5 // 4 + 1
    first = last - USERS_REMEMBERED + 1
    for uid in range(1, last + 1):
        assert made.partner_of(uid, uid + 1) == uid + 1
    assert [made.partner_of(uid) for uid in (first - 1, first, last)] == [0, first + 1, last + 1]


def test_a_message_marked_as_edited_was_edited_when_it_was_written():
    made = store()
    html = '<p>t</p><span class="o-mail-Message-edited"></span>'
    message = msgspec.structs.replace(posted(1).message, html=html, written=NOW)
    assert made.personal(message).edited_at == NOW


def test_the_details_of_a_recent_message_are_completed():
    made = store()
    first, second = Attachment(1, "", "", None), Attachment(2, "b.txt", "text/plain", 3)
    known = msgspec.structs.replace(posted(1).message, attachments=(first, second))
    made.keep([known])
    named = Author(7, "partner", "Bob Baker")
    full = msgspec.structs.replace(
        known, author=named, attachments=(Attachment(1, "a.txt", "text/plain", 5), Attachment(3, "c.txt", "", None))
    )
    made.messages.learn_details(1, full)
    made.messages.learn_details(2, full)
    assert made.message(2) is None
    kept = made.message(1)
    assert kept is not None
    assert kept.author.name == "Bob Baker"
    assert facts(kept.attachments) == facts((Attachment(1, "a.txt", "text/plain", 5), second))


def test_a_patch_of_a_recent_message_changes_only_what_it_contains():
    made = store()
    file = Attachment(1, "a.txt", "text/plain", 5)
    made.keep([msgspec.structs.replace(posted(1).message, attachments=(file,), written=NOW)])
    later = NOW.replace(hour=13)
    edited = made.patched(MessagePatch(1, html="<p>new</p>", written=later))
    assert isinstance(edited, MessageEdited)
    assert (edited.message.html, edited.message.text, edited.message.written) == ("<p>new</p>", "new", later)
    assert edited.message.attachments == (file,)
    removed = made.patched(MessagePatch(1, attachments=()))
    assert isinstance(removed, MessageEdited)
    assert (removed.message.html, removed.message.attachments, removed.message.written) == ("<p>t</p>", (), NOW)
    kept = made.patched(MessagePatch(1, html=""))
    assert isinstance(kept, MessageEdited), "a message with a file is not deleted"
    assert kept.message.attachments == (file,)
    assert made.patched(MessagePatch(1, html="", attachments=())) == MessageDeleted(1, ChannelRef(1))
    assert made.patched(MessagePatch(9, html="", attachments=())) == MessageDeleted(9, None)
    assert made.patched(MessagePatch(9, html="", attachments=(file,))) is None
    assert made.patched(MessagePatch(9, html="<p>x</p>")) is None


def test_the_time_of_an_edit_stays_until_the_next_edit():
    made = store()
    later = NOW.replace(hour=13)
    mark = '<p>t</p><span class="o-mail-Message-edited"></span>'
    first = made.personal(msgspec.structs.replace(posted(1).message, html=mark, written=later))
    assert first.edited_at == later
    unmarked = msgspec.structs.replace(posted(2).message, edited_at=later)
    made.keep([unmarked])
    assert made.personal(posted(2).message).edited_at == later, "the same text: no other edit"
    changed = msgspec.structs.replace(posted(2).message, html="<p>other</p>")
    assert made.personal(changed).edited_at is None
    assert made.personal(msgspec.structs.replace(changed, edited_at=NOW)).edited_at == NOW
    assert made.personal(msgspec.structs.replace(posted(3).message, html=mark, edited_at=NOW)).edited_at == NOW


def test_a_message_of_the_current_user_is_marked_as_theirs():
    made = store()
    mine = posted(1, Author(6)).message
    assert made.personal(mine).mine is True
    assert made.personal(msgspec.structs.replace(posted(2).message, mine=True)).mine is False
    plain = posted(2).message
    assert made.personal(plain) is plain


def test_a_star_and_a_read_mark_change_the_recent_message():
    made = store()
    made.apply(posted(1), 0.0)
    made.apply(InboxReceived(posted(1).message), 0.0)
    made.apply(StarChanged((1,), True), 0.0)
    kept = made.message(1)
    assert kept is not None
    assert (kept.needaction, kept.starred, made.inbox.counters.starred) == (True, True, 1)
    made.apply(InboxRead((1,)), 0.0)
    made.apply(StarChanged((1,), False), 0.0)
    kept = made.message(1)
    assert kept is not None
    assert (kept.needaction, kept.starred, made.inbox.counters.starred) == (False, False, 0)
    info = made.info(1)
    assert info is not None
    assert info.last_activity == NOW


def test_known_reactions_of_a_row_are_known_afterwards():
    made = store()
    made.apply(posted(1), 0.0)
    unknown = msgspec.structs.replace(posted(1).message, reactions_known=False)
    made.apply(MessageEdited(unknown), 0.0)
    kept = made.message(1)
    assert kept is not None
    assert kept.reactions_known is True
    made.keep([msgspec.structs.replace(posted(2).message, reactions_known=False)])
    made.messages.learn_reactions([msgspec.structs.replace(posted(2).message, reactions=(Reaction("x", 1, (BOB,)),))])
    kept = made.message(2)
    assert kept is not None
    assert (kept.reactions_known, kept.reactions[0].authors) == (True, (BOB,))
    made.apply(ReactionChanged(2, "y", 1, (BOB,)), 0.0)
    kept = made.message(2)
    assert kept is not None
    assert [r.authors for r in kept.reactions] == [(BOB,), (BOB,)]


def test_plain_names_of_partners():
    made = store()
    assert made.plain_name(7, "Bob") == "Bob"
    assert made.plain_name(7, "Acme, Bob") is None
    made.author("partner", 7, "Bob")
    assert made.plain_name(7, "Acme, Bob") == "Bob"


def test_a_sign_of_typing_expires_after_a_minute():
    made = store()
    made.apply(TypingChanged(ChannelRef(1), BOB, True), 100.0)
    assert [made.typing(1, now) for now in (100.0, 159.9, 160.0)] == [[BOB], [BOB], []]
    assert made.typing(2, 100.0) == []


def test_each_change_of_the_list_of_channels_is_reported_with_its_channel():
    made = store()
    events = made.renew([ChannelInfo(1, "sales"), ChannelInfo(3, "new")])
    assert facts(events) == facts([
        ChannelLeft(ChannelRef(2, "Bob")), ChannelChanged(ChannelInfo(1, "sales")), ChannelJoined(ChannelInfo(3, "new")),
    ])  # fmt: skip


def test_reactions_before_an_edit_or_a_deletion_are_forgotten():
    made = store()
    made.apply(posted(1), 0.0)
    made.apply(ReactionChanged(1, "x", 1, (BOB,)), 0.0)
    made.apply(MessageEdited(posted(1).message), 0.0)
    made.apply(ReactionChanged(1, "y", 1, (BOB,)), 0.0)
    assert reactions(made, 1) == [("y", 1)]
    made.messages.forget(1)
    made.apply(posted(1), 0.0)
    made.apply(ReactionChanged(1, "z", 1, (BOB,)), 0.0)
    assert reactions(made, 1) == [("z", 1)]
    made.keep([posted(1).message])
    made.apply(ReactionChanged(1, "w", 1, (BOB,)), 0.0)
    assert reactions(made, 1) == [("w", 1)]


def test_details_of_files_that_are_known_or_missing_stay():
    made = store()
    files = (Attachment(1, "a.txt", "text/plain", 5), Attachment(2))
    made.keep([msgspec.structs.replace(posted(1).message, attachments=files)])
    full = msgspec.structs.replace(posted(1).message, attachments=(Attachment(1, "other.txt", "text/plain", 9),))
    made.messages.learn_details(1, full)
    kept = made.message(1)
    assert kept is not None
    assert facts(kept.attachments) == facts(files)


def test_an_unknown_channel_and_author_are_named_by_their_ids():
    made = ClientState()
    assert facts(made.channel(9)) == facts(ChannelRef(9))
    assert facts(made.author("guest", 4)) == facts(Author(4, "guest", ""))
    assert facts(made.author("guest", 4, "Ann")) == facts(Author(4, "guest", "Ann"))
    assert made.polls.poll(1) is None
    assert facts(made.me) == facts(Me(0, 0, ""))


def test_a_changed_channel_is_reported_with_its_facts():
    made = store()
    assert facts(made.patch_channel(ChannelPatch(1, name="sales"))) == facts([ChannelChanged(ChannelInfo(1, "sales"))])
    for number in (1, 2, 3):
        made.apply(posted(number), 0.0)
    assert facts(made.patch_channel(ChannelPatch(1, unread=1))) != []
    assert unread(made) == 1, "without the first unread message the server's number counts"


def test_the_users_own_message_is_the_last_activity_of_its_channel():
    made = store()
    made.apply(posted(1, Author(6)), 0.0)
    info = made.info(1)
    assert info is not None
    assert (info.last_activity, info.unread) == (NOW, 0)


def test_the_same_list_of_channels_changes_nothing():
    made = store()
    assert made.renew([ChannelInfo(1, "general"), ChannelInfo(2, "Bob", "chat")]) == []


def test_an_older_read_mark_leaves_the_servers_count():
    made = store()
    me = Author(6)
    made.apply(MessageSeen(ChannelRef(1), me, 10), 0.0)
    made.patch_channel(ChannelPatch(1, unread=5))
    made.apply(MessageSeen(ChannelRef(1), me, 9), 0.0)
    assert unread(made) == 5
    made.apply(MessageSeen(ChannelRef(2), me, 9), 0.0)
    assert unread(made) == 5, "another channel"
    made.apply(MessageSeen(ChannelRef(1), me, 10), 0.0)
    assert unread(made) == 0


def test_names_members_and_typists_are_forgotten_in_time() -> None:
    many = PEOPLE_REMEMBERED * 5 // 4 + 1
    first = many - PEOPLE_REMEMBERED + 1
    made = ClientState()
    for number in range(1, many + 1):
        author = made.author("partner", number, f"Person {number}")
        made.member(number, author)
        made.apply(TypingChanged(ChannelRef(number), author, True), 1.0)
        made.apply(TypingChanged(ChannelRef(many + 1), author, True), 1.0)
        made.apply(PresenceChanged(author, "online"), 1.0)
    numbers = (first - 1, first, many)
    assert [made.author("partner", number).name for number in numbers] == ["", f"Person {first}", f"Person {many}"]
    assert [made.member(number) is None for number in numbers] == [True, False, False]
    assert [made.status(number) for number in numbers] == ["", "online", "online"]
    assert [len(made.typing(number, 2.0)) for number in (1, many)] == [0, 1]
    assert MOST <= len(made.typing(many + 1, 2.0)) <= MOST * 5 // 4
    assert len(made.people()) == PEOPLE_REMEMBERED


def test_a_channel_has_one_reference_until_its_name_changes():
    store = ClientState()
    assert facts(store.channel(1)) == facts(ChannelRef(1))
    store.renew([ChannelInfo(1, "general")])
    first = store.channel(1)
    assert facts(first) == facts(ChannelRef(1, "general"))
    assert store.channel(1) is first
    store.patch_channel(ChannelPatch(1, name="everyone"))
    assert store.channel(1).name == "everyone"
    store.renew([])
    assert facts(store.channel(1)) == facts(ChannelRef(1))


def test_an_author_is_one_object_until_the_name_changes():
    store = ClientState()
    bob = store.author("partner", 7, "Bob")
    assert store.author("partner", 7) is bob
    assert store.author("partner", 7, "Bob") is bob
    assert store.author("partner", 7, "Acme, Bob", display=True) is bob
    assert store.author("partner", 7, "Robert").name == "Robert"
    assert store.author("partner", 7).name == "Robert"
    assert store.author("guest", 7).name == ""


def test_the_notifications_of_a_channel_are_patched():
    made = store()
    for notify in ("all", "none", None):
        made.patch_channel(ChannelPatch(1, notify=(notify,)))
        info = made.info(1)
        assert info is not None
        assert info.notify == notify


def test_the_inbox_of_a_channel_is_counted_exactly_when_it_is_known_whole():
    made = store()
    with made.inbox.reading() as reading:
        made.count_inbox(Marked({1: 1, 2: 1}, frozenset(), complete=True), reading)
    made.apply(InboxRead((2,)), 0.0)
    assert [c.needaction for c in made.channels()] == [1, 0]


def test_a_plain_name_with_a_comma_is_remembered():
    made = store()
    made.author("partner", 9, "Smith, John")
    assert made.author("partner", 9).name == "Smith, John"
