"""Differences between Odoo versions other than payload fields and their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_DAY = 86400
_TYPES = ("channel", "chat", "group")
_BOUNDS = {"max_id": "before", "min_id": "after", "limit": "limit"}
_PAGE = {
    "search_term": "term", "before": "before", "after": "after", "around": "around", "limit": "limit",
    "is_notification": "notification",
}  # fmt: skip


class Capabilities(NamedTuple):
    """Names and capabilities of one Odoo version; the defaults describe Odoo 14.

    Attributes:
        channel_model: the channel model.
        member_model: the channel member model.
        canned_model: the model for canned responses.
        models: maps models to kinds of record, in addition to the models common to every version.
        bus_models: whether the bus and presence have models.
        count_field: channel field with the member count.
        preview_field: message field with the link previews.
        group_label: name of the employee group.

        store: whether payloads are stores of records.
        store_key: key of the store in a notification.
        nested_store: whether responses contain the store alongside the ids of created or found records.
        snapshots: whether a store identifies the database snapshot it was read from.
        session_store: whether the session information contains a store.
        page_params: parameters for a page of messages, mapped to the arguments of `Messages.paged`.
        nested_params: whether page and edit parameters are nested in ``fetch_params`` and ``update_data``.
        counts_found: whether a page of search results includes the number of matches.
        reads_around: whether fetching a page around a message also removes the page's messages from the inbox.
        shows_all_for_missing: whether the page for a nonexistent record contains all messages that the user may read.

        session_age: lifetime of the session cookie, in seconds.
        sid_in_header: whether the session id may be sent in a header or a parameter.
        long_sids: whether session ids are 84 characters long.
        rotates_tail: whether a rotated session id keeps its first characters.
        renews_cookie: whether a WebSocket handshake sets the session cookie again.
        home: page shown after login.
        portal_home: page to which the web client redirects portal users.
        logout_by_form: whether logging out requires a form with a CSRF token.
        names_database: whether logging in to a nonexistent database returns the PostgreSQL error.
        lists_databases: whether the RPC service ``db`` can list databases.

        error_code: ``error.code`` in an ordinary JSON-RPC error.
        unsupported: HTTP status and title of the response to a JSON-RPC request that is not JSON.
        hides_model: whether ``call_kw`` responds to an unknown model with a plain "not found".
        expired_keeps_id: whether the error for an expired session contains the request id.
        quotes_methods: whether errors refer to methods as ``model.method``.
        splits_json: whether a JSON body never reaches the XML-RPC routes.
        strips_controls: whether control characters are removed from XML-RPC responses.
        charsets: whether text responses declare their charset.
        posts_in_list: whether ``message_post`` returns the id in a list.

        guests: whether guests exist.
        page_enters: whether opening an invitation makes a guest a member; otherwise a route does.
        hides_pictures: whether ``/web/image`` has no images for records.
        hides_empty_files: whether downloading an empty file returns 404.
        opens_pending_files: whether all employees may read files that are not yet attached to a message.
        ranges: whether downloads support ranges, modification times, file names and quoted ETags.
        limits_uploads: whether uploads that are too large are refused.
        closes_uploads: whether a channel refuses uploads from guests and portal users unless it explicitly allows them.
        deletes_several_files: whether one request can delete several files.
        announces_refused_deletes: whether the user's devices are notified even if deleting a file is refused.
        binary_objects: whether a binary field is an object with a size and a checksum.
        copies_content: whether copying a file with changed values keeps its content.
        checks_files: whether ``message_post`` refuses attachments that the user may not read.

        worker_version: version of the web client's worker in the session information; None before Odoo 17.
        bus_info: whether the session information contains the last bus id.
        detects_lost_ids: whether a last id above the newest one is treated as 0.
        late_rows: whether the WebSocket delivers rows that are committed late.
        user_keys: whether a user's notifications are sent on the user's bus channel; otherwise on the partner's.
        topics: whether a connection has a position per channel, and control messages.
        row_keys: keys of a notification in a poll response.
        peeks_for_guests: whether peeking delivers guests' notifications.
        offline_when_closed: whether closing a WebSocket sets its user offline.
        presence_wants_ids: whether ``update_presence`` requires a list of the people whose status to return; other
            versions reject such a list.
        answers_statuses: whether ``update_presence`` returns statuses.
        polls_for_status: whether a user without a recent poll counts as offline, in versions without a WebSocket.
        internal_key: suffix that names the bus channel that only some of a channel's members receive.
        seen_types: channel types whose members can see what others have read.
        typing_joins: whether typing makes the user a member.

        filters_after_limit: whether a message search applies access rules after its limit.
        ignores_is_member: whether a channel search ignores ``is_member``.
        escapes_bodies: whether ``message_post`` escapes bodies not marked as HTML, and rejects unknown options.
        refuses_blanks: whether a body consisting only of white space is an error.
        body_wrap: element that wraps a plain text body.
        marks_edits: whether editing adds an "edited" mark to the body.
        route_type: default ``message_type`` for a post through a route.
        route_subtype: default ``subtype_xmlid`` for a post through a route.
        echoes_temporary_id: whether a notification contains the temporary id that the client assigned to its message.
        mentions_everyone: whether ``special_mentions`` can mention all members.
        everyone_beside_partners: whether ``special_mentions`` also requires ``partner_ids``.
        checks_mentions: whether only users with read access to a channel can be mentioned in it.
        forgets_parent: whether deleting a message's content also removes the reference to its parent.
        announces_no_previews: whether a notification is sent even for a message without previews.
        owned_canned: whether a canned response belongs to its creator; otherwise it belongs to all users.

        groups_bind_members: whether members outside a channel's authorized group lose access to it.
        group_members_only: whether only users in a channel's group can be invited to it.
        group_field: whether channels have ``group_public_id``; otherwise they have ``public``.
        public_uploads: whether channels have ``allow_public_upload``.
        long_uuid: whether a channel's invitation token is a UUID.
        announces_first: whether the system message about a new channel is posted before its members are notified.
        named_lines: whether system messages about members include the channel name and are posted before the
            notification.
        invite_lines: channel types in which an invitation posts a system message.
        join_lines: channel types in which joining posts a system message.
        enter_lines: channel types in which joining through an invitation posts a system message, but joining
            directly does not.
        leave_lines: channel types in which leaving posts a system message.
        rename_line: whether renaming a channel posts a system message.
        protects_channels: whether only administrators may delete channels.
        guards_members: whether members may change only their own membership.
        guards_removals: whether members may delete only their own membership.
        fixed_members: whether a membership's channel and person are immutable.
        has_separator: whether members have a new message separator in addition to the last read message.
        counts_notes: whether notes in a channel count as unread; in Odoo 14, they are not the channel's messages.
        permanent_chats: whether direct chats are unique and can only be hidden, not left.
        counts_followers: whether a record's thread data includes the follower count.
    """

    channel_model: str = "mail.channel"
    member_model: str = "mail.channel.partner"
    canned_model: str = "mail.shortcode"
    models: Mapping[str, str] = {}
    bus_models: bool = True
    count_field: str = "memberCount"
    preview_field: str = "linkPreviews"
    group_label: str = "User types / Internal User"

    store: bool = False
    store_key: str = "data"
    nested_store: bool = False
    snapshots: bool = False
    session_store: bool = False
    page_params: Mapping[str, str] = _BOUNDS
    nested_params: bool = False
    counts_found: bool = False
    reads_around: bool = False
    shows_all_for_missing: bool = False

    session_age: int = 90 * _DAY
    sid_in_header: bool = True
    long_sids: bool = False
    rotates_tail: bool = False
    renews_cookie: bool = False
    home: str = "/web"
    portal_home: str = "/web/login?error=access"
    logout_by_form: bool = False
    names_database: bool = True
    lists_databases: bool = True

    error_code: int = 200
    unsupported: tuple[int, str] = (400, "Bad Request")
    hides_model: bool = False
    expired_keeps_id: bool = True
    quotes_methods: bool = False
    splits_json: bool = True
    strips_controls: bool = False
    charsets: bool = False
    posts_in_list: bool = False

    guests: bool = False
    page_enters: bool = False
    hides_pictures: bool = True
    hides_empty_files: bool = True
    opens_pending_files: bool = True
    ranges: bool = False
    limits_uploads: bool = False
    closes_uploads: bool = False
    deletes_several_files: bool = False
    announces_refused_deletes: bool = False
    binary_objects: bool = False
    copies_content: bool = False
    checks_files: bool = False

    worker_version: str | None = None
    bus_info: bool = False
    detects_lost_ids: bool = False
    late_rows: bool = False
    user_keys: bool = False
    topics: bool = False
    row_keys: tuple[str, ...] = ("id", "channel", "message")
    peeks_for_guests: bool = True
    offline_when_closed: bool = False
    presence_wants_ids: bool = True
    answers_statuses: bool = True
    polls_for_status: bool = True
    internal_key: str = "members"
    seen_types: tuple[str, ...] = ("chat",)
    typing_joins: bool = False

    filters_after_limit: bool = True
    ignores_is_member: bool = True
    escapes_bodies: bool = False
    refuses_blanks: bool = True
    body_wrap: str = "p"
    marks_edits: bool = False
    route_type: str = "notification"
    route_subtype: str | None = None
    echoes_temporary_id: bool = False
    mentions_everyone: bool = False
    everyone_beside_partners: bool = True
    checks_mentions: bool = False
    forgets_parent: bool = False
    announces_no_previews: bool = False
    owned_canned: bool = False

    groups_bind_members: bool = False
    group_members_only: bool = True
    group_field: bool = False
    public_uploads: bool = False
    long_uuid: bool = True
    announces_first: bool = True
    named_lines: bool = True
    invite_lines: tuple[str, ...] = ()
    join_lines: tuple[str, ...] = ()
    enter_lines: tuple[str, ...] = ()
    leave_lines: tuple[str, ...] = ()
    rename_line: bool = False
    protects_channels: bool = False
    guards_members: bool = False
    guards_removals: bool = False
    fixed_members: bool = False
    has_separator: bool = False
    counts_notes: bool = False
    permanent_chats: bool = False
    counts_followers: bool = False


CAPABILITIES: dict[int, Capabilities] = {}
CAPABILITIES[14] = Capabilities()
CAPABILITIES[15] = CAPABILITIES[14]._replace(
    models={"res.users.settings": "settings"}, portal_home="/web/login_successful", strips_controls=True, guests=True,
    hides_pictures=False, hides_empty_files=False, opens_pending_files=False, row_keys=("id", "message"),
    refuses_blanks=False, group_members_only=False, named_lines=False, invite_lines=_TYPES,
    join_lines=_TYPES, leave_lines=_TYPES, rename_line=True, protects_channels=True, guards_members=True,
    counts_notes=True,

)  # fmt: skip
CAPABILITIES[16] = CAPABILITIES[15]._replace(
    member_model="mail.channel.member",
    models={**CAPABILITIES[15].models, "mail.link.preview": "preview", "mail.guest": "guest"},
    session_age=7 * _DAY, sid_in_header=False, names_database=False, splits_json=False,
    charsets=True, ranges=True, limits_uploads=True, copies_content=True, detects_lost_ids=True,
    polls_for_status=False, ignores_is_member=False, group_field=True, fixed_members=True,
)  # fmt: skip
CAPABILITIES[17] = CAPABILITIES[16]._replace(
    channel_model="discuss.channel", member_model="discuss.channel.member", page_params=_PAGE, counts_found=True,
    page_enters=True, closes_uploads=True, announces_refused_deletes=True, worker_version="17.0-1", late_rows=True,
    peeks_for_guests=False, offline_when_closed=True, answers_statuses=False, seen_types=("chat", "group"),
    typing_joins=True, escapes_bodies=True, route_type="comment", route_subtype="mail.mt_comment",
    echoes_temporary_id=True, groups_bind_members=True, public_uploads=True, long_uuid=False, announces_first=False,
    guards_removals=True, counts_followers=True,
)  # fmt: skip
CAPABILITIES[18] = CAPABILITIES[17]._replace(
    canned_model="mail.canned.response", models={**CAPABILITIES[17].models, "mail.scheduled.message": "scheduled"},
    store=True, long_sids=True, home="/odoo", quotes_methods=True, worker_version="18.0-7", mentions_everyone=True,
    announces_no_previews=True, owned_canned=True, has_separator=True,
)  # fmt: skip
CAPABILITIES[19] = CAPABILITIES[18]._replace(
    bus_models=False, count_field="member_count", preview_field="message_link_preview_ids",
    group_label="Role / User", nested_store=True, session_store=True, nested_params=True, reads_around=True,
    shows_all_for_missing=True, rotates_tail=True, renews_cookie=True, error_code=0,
    unsupported=(415, "Unsupported Media Type"), expired_keeps_id=False, posts_in_list=True, closes_uploads=False,
    hides_model=True,
    checks_files=True, worker_version="19.0-2", presence_wants_ids=False, internal_key="internal_users",
    body_wrap="span", marks_edits=True, everyone_beside_partners=False, checks_mentions=True, forgets_parent=True,
    invite_lines=(), join_lines=(), enter_lines=("group",), leave_lines=("group",),
)  # fmt: skip
# † The worker version of a 20.0 server has not been seen.
CAPABILITIES[20] = CAPABILITIES[19]._replace(
    store_key="store_data", snapshots=True, logout_by_form=True, lists_databases=False, deletes_several_files=True,
    binary_objects=True, worker_version="20.0-1", bus_info=True, user_keys=True, topics=True,
    row_keys=("id", "message", "channel"), filters_after_limit=False, invite_lines=("group",), permanent_chats=True,
)  # fmt: skip


class Span(NamedTuple):
    """A range of versions.

    Attributes:
        since: the first version in the range.
        until: the first version after the range; None if the range includes the latest version.
    """

    since: int = 14
    until: int | None = None

    def has(self, version: float) -> bool:
        """Return whether the range includes a version.

        Args:
            version: the major Odoo version.
        """
        return self.since <= version and (self.until is None or version < self.until)


def capabilities_of(version: float) -> Capabilities:
    """Return a version's capabilities.

    Args:
        version: the major Odoo version.

    Raises:
        ValueError: the sandbox does not support this version.
    """
    found = CAPABILITIES.get(int(version))
    if found is None:
        known = ", ".join(str(one) for one in sorted(CAPABILITIES))
        raise ValueError(f"the sandbox supports Odoo {known}, not {version}")
    return found
