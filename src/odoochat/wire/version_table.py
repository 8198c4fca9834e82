"""The table for one Odoo version: names, paths and capabilities that differ between versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from odoochat.events import Via
from odoochat.model import Version

if TYPE_CHECKING:
    from odoochat.wire.decoders.base import Decoder

__all__ = ["VersionTable"]


class VersionTable(Struct, frozen=True, kw_only=True):
    """Names and capabilities of one Odoo version; the defaults describe Odoo 14.

    An empty path or method name means that the version has none. Each module ``odooNN`` derives its table from the
    previous version's.

    Attributes:
        first: first release described by this table.
        major: major version, used in the feature table.
        decoder: creates the decoder for notifications and responses.

        channel_model: the channel model.
        member_model: the membership model.
        canned_model: the model for canned responses.
        member_fields: fields to read from the user's own memberships.
        channel_fields: fields to read from channels.
        message_fields: fields to read from messages.
        unread_on_member: whether the unread counter is a membership field; otherwise it is a channel field.
        star_field: field that indicates whether the user starred a message.
        content_field: ``ir.attachment`` field with the file content.
        picture_field: field with the 128-pixel-wide image.
        presence_model: model that stores people's presence.

        transports: transports available to a session, best first.
        skips_late_rows: whether the WebSocket never sends a bus row committed after a row with a higher id was sent
            (Odoo 16: ``_poll`` selects ``id > last``; 17 and later look back ten seconds; addons/bus/websocket.py).
        check_outdated: whether ``subscribe`` must contain the key ``check_outdated``.
        presence_wants_ids: whether ``update_presence`` must contain ``im_status_ids_by_model``.
        json2: whether API keys can use ``/json/2``.
        trusts_devices: whether the two-factor page can remember this device.

        guests: whether guests can join channels and post messages.
        reactions: whether messages have reactions.
        threads: whether channels have threads (sub-channels).
        polls: whether channels have polls.
        author_pairs: whether a live message has its author as a pair of id and display name, rather than as an object.
        parents_in_messages: whether live messages include the message they reply to.
        escapes_bodies: whether ``message_post`` escapes bodies not marked as HTML.
        echoes_local_id: whether a live message contains the ``temporary_id`` from its post.
        whole_binary_context: whether reading the full content of binary fields requires ``include_binary_content`` in
            the context. Source: odoo/orm/fields_binary.py (saas-19.4 and later).
        copies_content: whether ``copy`` on an attachment copies its content (Odoo 14 and 15 do not; observed on a live
            Odoo 14 server).
        deletes_members: whether a departure is sent as a deleted membership along with the new member count.

        action_path: store route for handlers that write.
        data_path: store route for handlers that read.
        page_style: how message page routes take their bounds: as ``max_id`` (16), next to the channel or record id
            (``flat``), in ``fetch_params`` (``nested``), or as a ``/mail/store`` handler (``store``).
        pages_mark_read: whether fetching a page of a channel's messages always removes them from the inbox.

        create_channel: method that creates a channel and notifies its members; "" to use ``create``.
        create_group: method that creates a group.
        group_route: `action_path` handler that creates a group; needs a session.
        names_groups: whether `create_group` accepts a name.
        group_members: whether ``create`` accepts a new group's members.
        get_chat: method that opens a direct chat; "" to use the `action_path` handler, which needs a session.
        search_to_join: method that lists channels the user may join; "" to use ``search_read``.
        join: method that makes the user a member.
        invite: method that adds other people as members; "" to use the `action_path` handler, which needs a session.
        remove_member_path: route that removes another member; "" to use ``unlink``.
        rename: method that renames a channel; "" to use ``write``.
        describe: method that changes a channel's description; "" to use ``write``.

        show_by: how to show or hide a channel: a method that takes its ``uuid`` or ``id``, or a ``store`` handler.
        mute_path: route that mutes a channel.
        notify_path: route that sets which messages notify the user.
        typing_path: route that reports that the user is typing; "" to use the method ``notify_typing``.

        edit_path: route that edits a message; "" to write the row.
        edits_mentions: whether `edit_path` accepts the mentioned partners.
        nests_edits: whether `edit_path` expects its values in ``update_data``.
        reaction_path: route that adds or removes a reaction; ``{action}`` is ``add`` or ``remove``.
        bookmarks: whether stars are bookmarks, which have ``/mail/store`` handlers.
        read_path: route that marks a channel as read; "" to use the method ``channel_seen``.
        unread_path: route that marks a channel as unread.
        separator: whether a membership has ``new_message_separator``.
        message_link: path of the web page that opens a message; ``{}`` is the message id.
        reactions_by_format: whether ``message_format`` returns messages with their reactions.

        guest_channel_path: route that a guest uses to read the channel.
        guest_joins_by_call: whether a guest must call a route to become a member, because opening the invitation page
            is not enough.
        tokens_beside_post: whether file access tokens are sent alongside ``post_data`` rather than inside it.

        status_path: route that sets the user's presence; "" to use `presence_method`.
        presence_method: method of ``bus.presence`` that records activity.
        presence_identity: whether `presence_method` takes the name and value of the field that identifies the user.
        statuses: presence values that the user can choose.
        presence_channels: whether presence is sent on dedicated bus channels; otherwise it must be fetched.
    """

    first: Version
    major: int
    decoder: Callable[[VersionTable], Decoder]

    channel_model: str = "mail.channel"
    member_model: str = "mail.channel.partner"
    canned_model: str = "mail.shortcode"
    member_fields: tuple[str, ...]
    channel_fields: tuple[str, ...]
    message_fields: tuple[str, ...]
    unread_on_member: bool = False
    star_field: str = "starred"
    content_field: str = "datas"
    picture_field: str = "image_128"
    presence_model: str = "res.partner"

    transports: tuple[Via, ...] = ("longpoll",)
    skips_late_rows: bool = False
    check_outdated: bool = False
    presence_wants_ids: bool = True
    json2: bool = False
    trusts_devices: bool = True

    guests: bool = False
    reactions: bool = False
    threads: bool = False
    polls: bool = False
    author_pairs: bool = True
    parents_in_messages: bool = False
    escapes_bodies: bool = False
    echoes_local_id: bool = False
    whole_binary_context: bool = False
    copies_content: bool = False
    deletes_members: bool = False

    action_path: str = ""
    data_path: str = ""
    page_style: Literal["", "max_id", "flat", "nested", "store"] = ""
    pages_mark_read: bool = False

    create_channel: str = "channel_create"
    create_group: str = ""
    group_route: str = ""
    names_groups: bool = False
    group_members: bool = False
    get_chat: str = "channel_get"
    search_to_join: str = "channel_search_to_join"
    join: str = "channel_join_and_get_info"
    invite: str = "channel_invite"
    remove_member_path: str = ""
    rename: str = ""
    describe: str = ""

    show_by: Literal["uuid", "id", "store"] = "uuid"
    mute_path: str = ""
    notify_path: str = ""
    typing_path: str = ""

    edit_path: str = ""
    edits_mentions: bool = False
    nests_edits: bool = False
    reaction_path: str = ""
    bookmarks: bool = False
    read_path: str = ""
    unread_path: str = ""
    separator: bool = False
    message_link: str = "/mail/view?message_id={}"
    reactions_by_format: bool = False

    guest_channel_path: str = ""
    guest_joins_by_call: bool = False
    tokens_beside_post: bool = False

    status_path: str = ""
    presence_method: str = "update"
    presence_identity: bool = False
    statuses: tuple[str, ...] = ("online",)
    presence_channels: bool = False
