"""The table of one Odoo version: names, paths and abilities that differ between versions."""

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
    """The names and abilities of one Odoo version; the defaults are those of Odoo 14.

    An empty path or method means that the version has none. Each module ``odooNN`` makes one table from the table of
    the version before it.

    Attributes:
        first: the first release that this table describes.
        major: major version, which the feature table refers to.
        decoder: makes the decoder of notifications and answers.

        channel_model: model of channels.
        member_model: model of memberships.
        canned_model: model of canned answers.
        member_fields: fields to read of the user's own memberships.
        channel_fields: fields to read of channels.
        message_fields: fields to read of messages.
        unread_on_member: whether the unread counter is a field of the membership; else of the channel.
        star_field: field that says whether the user starred a message.
        content_field: field of ``ir.attachment`` with its content.
        picture_field: field with a picture of 128 pixels.
        presence_model: model with the presence of people.

        transports: transports for a session, best first.
        skips_late_rows: whether the WebSocket never sends a row of the bus that was committed after a later one was
            sent (16: ``_poll`` asks for ``id > last``; 17 and later look back ten seconds; addons/bus/websocket.py).
        check_outdated: whether ``subscribe`` must hold the key ``check_outdated``.
        presence_wants_ids: whether ``update_presence`` must hold ``im_status_ids_by_model``.
        json2: whether API keys can use ``/json/2``.
        trusts_devices: whether the page for the second factor can remember this device.

        guests: whether guests can be members and authors.
        reactions: whether messages have reactions.
        threads: whether channels have threads (sub-channels).
        polls: whether channels have polls.
        parents_in_messages: whether live messages name the message that they reply to.
        escapes_bodies: whether ``message_post`` escapes bodies that are not marked as HTML.
        echoes_local_id: whether a live message contains the ``temporary_id`` of its post.
        whole_binary_context: whether binary fields are read whole only with ``include_binary_content`` in the context.
            Source: odoo/orm/fields_binary.py (saas-19.4 and later).
        copies_content: whether ``copy`` of an attachment copies its content (14 and 15 leave it out; seen on 14).
        deletes_members: whether a departure is sent as a deleted membership beside the new member count.

        action_path: route of the store for handlers that write.
        data_path: route of the store for handlers that read.
        page_style: how routes for pages of messages take their bounds: ``max_id`` (16), beside the place (``flat``),
            in ``fetch_params`` (``nested``), or as a handler of ``/mail/store`` (``store``).
        pages_mark_read: whether a page of a channel's messages removes them from the inbox, with any bounds.

        create_channel: method that makes a channel and notifies its members; "" to use ``create``.
        create_group: method that makes a group.
        group_route: handler of `action_path` that makes a group; needs a session.
        names_groups: whether `create_group` takes a name.
        group_members: whether ``create`` of a group takes its members.
        get_chat: method that opens a direct chat; "" to use the handler of `action_path`, which needs a session.
        search_to_join: method that lists channels to join; "" to use ``search_read``.
        join: method that makes the user a member.
        invite: method that makes others members; "" to use the handler of `action_path`, which needs a session.
        remove_member_path: route that ends another membership; "" to use ``unlink``.
        rename: method that renames a channel; "" to use ``write``.
        describe: method that changes a description; "" to use ``write``.

        show_by: how a channel is shown or hidden: a method on its ``uuid`` or its ``id``, or ``store``.
        mute_path: route that mutes a channel.
        notify_path: route that chooses what notifies the user.
        typing_path: route that shows the user as typing; "" to use the method ``notify_typing``.

        edit_path: route that changes a message; "" to write the row.
        edits_mentions: whether `edit_path` takes the mentioned partners.
        nests_edits: whether `edit_path` takes its values in ``update_data``.
        reaction_path: route that adds or removes a reaction; ``{action}`` is ``add`` or ``remove``.
        bookmarks: whether stars are bookmarks, which have handlers of ``/mail/store``.
        read_path: route that marks a channel as read; "" to use the method ``channel_seen``.
        unread_path: route that marks a channel as unread.
        separator: whether a membership has ``new_message_separator``.
        message_link: path of the page that opens a message; ``{}`` is its id.
        reactions_by_format: whether ``message_format`` returns messages with their reactions.

        guest_channel_path: route by which a guest reads the channel.
        guest_joins_by_call: whether opening an invitation's page does not make the guest a member, so that a route
            must be called.
        tokens_beside_post: whether access tokens of files are sent beside ``post_data``; else in it.

        status_path: route that sets the user's presence; "" to use `presence_method`.
        presence_method: method of ``bus.presence`` that records activity.
        presence_identity: whether `presence_method` takes the field and the value that identify the user.
        statuses: presence that the user can choose.
        presence_channels: whether presence is sent on bus channels of its own; else it must be fetched.
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
