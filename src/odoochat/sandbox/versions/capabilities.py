"""What differs between the versions of Odoo besides the fields and the order of their payloads."""

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
    """The names and abilities of one Odoo version; the defaults are those of Odoo 14.

    Attributes:
        channel_model: model of channels.
        member_model: model of their members.
        canned_model: model of canned answers.
        models: kind of record by model, besides those that every version has.
        bus_models: whether the bus and presences have models.
        count_field: field of a channel with the number of its members.
        preview_field: field of a message with the previews of its links.
        group_label: name of the group of employees.

        store: whether payloads are stores of records.
        store_key: name under which a notification holds its store.
        nested_store: whether answers hold the store beside the ids of what was made or found.
        snapshots: whether a store contains the snapshot of the database that it was read in.
        session_store: whether the session information contains a store.
        page_params: parameters of a page of messages, with the names that the database gives them.
        nested_params: whether parameters of pages and edits are inside ``fetch_params`` and ``update_data``.
        counts_found: whether the page of a search says how many messages were found.
        reads_around: whether a page around a message removes its messages from the inbox too.
        shows_all_for_missing: whether the page of a missing record has all messages that the user may read.

        session_age: lifetime of a session's cookie, in seconds.
        sid_in_header: whether a header or a parameter may hold the session id.
        long_sids: whether session ids have 84 characters.
        rotates_tail: whether a renewed session id keeps its first characters.
        renews_cookie: whether a handshake of the WebSocket sets the session's cookie again.
        home: page after the login.
        portal_home: page to which the web client sends portal users.
        logout_by_form: whether the logout is a form with a token.
        names_database: whether a login to a missing database answers the error of PostgreSQL.
        lists_databases: whether the RPC service ``db`` lists the databases.

        error_code: ``error.code`` of an ordinary JSON-RPC error.
        unsupported: HTTP status and title of a JSON-RPC request that is not JSON.
        expired_keeps_id: whether the error of an expired session contains the id of the request.
        quotes_methods: whether errors name methods as ``model.method``.
        splits_json: whether a body of JSON never reaches the routes of XML-RPC.
        strips_controls: whether XML-RPC answers leave out control characters.
        charsets: whether answers of text name their charset.
        posts_in_list: whether ``message_post`` returns a list.

        guests: whether there are guests.
        page_enters: whether opening an invitation makes a guest a member; else a route does.
        hides_pictures: whether records have no pictures for ``/web/image`` to show.
        hides_empty_files: whether an empty file is not found.
        opens_pending_files: whether all employees may read files of messages that have not been posted yet.
        ranges: whether downloads have ranges, modification times, names and quoted ETags.
        limits_uploads: whether large uploads are refused.
        closes_uploads: whether a channel refuses uploads of guests and portal users until it allows them.
        deletes_several_files: whether one request deletes several files.
        announces_refused_deletes: whether the user's devices are notified of a file that they may not delete.
        binary_objects: whether a binary field is an object with the size and the checksum.
        copies_content: whether a copy of a file with other values keeps its content.
        checks_files: whether message_post refuses attachments that the user may not read.

        worker_version: version of the web client's worker, as the session information names it; None before 17.
        bus_info: whether the session information contains the last id of the bus.
        detects_lost_ids: whether a last id above the newest one counts as 0.
        late_rows: whether the WebSocket delivers rows that were committed late.
        user_keys: whether notifications of a user are sent on a bus channel of the user; else of the partner.
        topics: whether a connection has a position for each channel, and control messages.
        row_keys: keys of a notification in a poll.
        peeks_for_guests: whether peeking delivers what guests receive.
        offline_when_closed: whether the end of a WebSocket sets its user offline.
        presence_wants_ids: whether ``update_presence`` must name the people whose status is answered; else it may not.
        answers_statuses: whether ``update_presence`` answers statuses.
        polls_for_status: whether a user without a recent poll counts as offline, before the WebSocket.
        internal_key: last part of the bus channel that only some members of a channel receive.
        seen_types: types of the channels whose members see what others have read.
        typing_joins: whether typing makes the user a member.

        filters_after_limit: whether a search of messages applies the access rules after its limit.
        ignores_is_member: whether a search of channels ignores ``is_member``.
        escapes_bodies: whether ``message_post`` escapes bodies not marked as HTML, and refuses unknown options.
        refuses_blanks: whether a body of white space is an error.
        body_wrap: element around bare text of a body.
        marks_edits: whether an edit adds a mark to the body.
        route_type: ``message_type`` of a post by a route that does not say.
        route_subtype: ``subtype_xmlid`` of a post by a route that does not say.
        echoes_temporary_id: whether a notification contains the number that the client gave to its message.
        mentions_everyone: whether ``special_mentions`` can mention all members.
        everyone_beside_partners: whether ``special_mentions`` needs ``partner_ids`` beside it.
        checks_mentions: whether only users who may read a channel can be mentioned in it.
        forgets_parent: whether a message whose content was deleted no longer answers another one.
        announces_no_previews: whether a message without previews is announced as well.
        owned_canned: whether a canned answer belongs to its creator; else to all users.

        groups_bind_members: whether a channel's group of readers excludes members outside the group.
        group_members_only: whether only users of a channel's group can be invited to it.
        group_field: whether channels have ``group_public_id``; else ``public``.
        public_uploads: whether channels have ``allow_public_upload``.
        long_uuid: whether the token of a channel's invitation is a UUID.
        announces_first: whether the line about a new channel is posted before its members are notified.
        named_lines: whether lines about members name the channel and are posted before the notification.
        invite_lines: types of the channels in which an invitation posts a line.
        join_lines: types of the channels in which joining posts a line.
        enter_lines: types of the channels in which entering by an invitation posts a line, although joining does not.
        leave_lines: types of the channels in which leaving posts a line.
        rename_line: whether a rename posts a line.
        protects_channels: whether only administrators delete channels.
        guards_members: whether members change only their own membership.
        guards_removals: whether members end only their own membership.
        fixed_members: whether the channel and the person of a membership cannot be changed.
        has_separator: whether members have a separator of new messages besides the last message they have read.
        permanent_chats: whether a direct chat is unique and can only be hidden, not left.
        counts_followers: whether the data of a record's thread counts its followers.
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
    permanent_chats: bool = False
    counts_followers: bool = False


CAPABILITIES: dict[int, Capabilities] = {}
CAPABILITIES[14] = Capabilities()
CAPABILITIES[15] = CAPABILITIES[14]._replace(
    models={"res.users.settings": "settings"}, portal_home="/web/login_successful", strips_controls=True, guests=True,
    hides_pictures=False, hides_empty_files=False, opens_pending_files=False, row_keys=("id", "message"),
    refuses_blanks=False, group_members_only=False, named_lines=False, invite_lines=_TYPES,
    join_lines=_TYPES, leave_lines=_TYPES, rename_line=True, protects_channels=True, guards_members=True,

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
    checks_files=True, worker_version="19.0-2", presence_wants_ids=False, internal_key="internal_users",
    body_wrap="span", marks_edits=True, everyone_beside_partners=False, checks_mentions=True, forgets_parent=True,
    invite_lines=(), join_lines=(), enter_lines=("group",), leave_lines=("group",),
)  # fmt: skip
# † The worker version of a 20.0 server was not seen.
CAPABILITIES[20] = CAPABILITIES[19]._replace(
    store_key="store_data", snapshots=True, logout_by_form=True, lists_databases=False, deletes_several_files=True,
    binary_objects=True, worker_version="20.0-1", bus_info=True, user_keys=True, topics=True,
    row_keys=("id", "message", "channel"), filters_after_limit=False, invite_lines=("group",), permanent_chats=True,
)  # fmt: skip


class Span(NamedTuple):
    """The versions that have something.

    Attributes:
        since: the first version.
        until: the first version after it that no longer has it, None when the latest has it.
    """

    since: int = 14
    until: int | None = None

    def has(self, version: float) -> bool:
        """Return whether a version has it.

        Args:
            version: the major version of Odoo.
        """
        return self.since <= version and (self.until is None or version < self.until)


def capabilities_of(version: float) -> Capabilities:
    """Return the capabilities of a version.

    Args:
        version: the major version of Odoo.

    Raises:
        ValueError: the sandbox does not have this version.
    """
    found = CAPABILITIES.get(int(version))
    if found is None:
        known = ", ".join(str(one) for one in sorted(CAPABILITIES))
        raise ValueError(f"the sandbox can be Odoo {known}, not {version}")
    return found
