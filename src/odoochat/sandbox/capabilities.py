"""What differs between the versions besides the fields of their payloads."""

from __future__ import annotations

from typing import NamedTuple

_DAY = 86400
_TYPES = ("channel", "chat", "group")


class Capabilities(NamedTuple):
    """One Odoo version.

    Attributes:
        channel_model: model of channels.
        member_model: model of their members.
        session_age: lifetime of a session's cookie, in seconds.
        seen_types: types of the channels whose members see what others have read.
        worker_version: version of the web client's worker, as the session information names it; None before 17.
        error_code: `error.code` of an ordinary JSON-RPC error.
        store: whether payloads are stores of records, 18 and later.
        store_key: name under which a notification holds its store.
        count_field: field of a channel with the number of its members.
        preview_field: field of a message with the previews of its links.
        internal_key: last part of the bus channel that only some members of a channel receive.
        polls_for_status: whether a user without a recent poll counts as offline, before the WebSocket.
        filters_after_limit: whether a search of messages applies the access rules after its limit.
        groups_bind_members: whether a channel's group of readers excludes members outside the group.
        group_members_only: whether only users of a channel's group can be invited to it.
        long_uuid: whether the token of a channel's invitation is a UUID.
        announces_first: whether the line about a new channel is posted before its members are notified.
        named_lines: whether lines about members name the channel and are posted before the notification.
        invite_lines: types of the channels in which an invitation posts a line.
        join_lines: types of the channels in which joining posts a line.
        enter_lines: types of the channels in which entering by an invitation posts a line, although joining does not.
        leave_lines: types of the channels in which leaving posts a line.
        rename_line: whether a rename posts a line.
        protects_channels: whether only administrators delete channels.
        has_separator: whether members have a separator of new messages besides the last message they have read.
        permanent_chats: whether a direct chat is unique and can only be hidden, not left.
        checks_mentions: whether only users who may read a channel can be mentioned in it.
        forgets_parent: whether a message whose content was deleted no longer answers another one.
        checks_files: whether message_post refuses attachments that the user may not read.
    """

    channel_model: str = "mail.channel"
    member_model: str = "mail.channel.partner"
    session_age: int = 90 * _DAY
    seen_types: tuple[str, ...] = ("chat",)
    worker_version: str | None = None
    error_code: int = 200
    store: bool = False
    store_key: str = "data"
    count_field: str = "memberCount"
    preview_field: str = "linkPreviews"
    internal_key: str = "members"
    polls_for_status: bool = True
    filters_after_limit: bool = True
    groups_bind_members: bool = False
    group_members_only: bool = False
    long_uuid: bool = True
    announces_first: bool = True
    named_lines: bool = False
    invite_lines: tuple[str, ...] = _TYPES
    join_lines: tuple[str, ...] = _TYPES
    enter_lines: tuple[str, ...] = ()
    leave_lines: tuple[str, ...] = _TYPES
    rename_line: bool = True
    protects_channels: bool = True
    has_separator: bool = False
    permanent_chats: bool = False
    checks_mentions: bool = False
    forgets_parent: bool = False
    checks_files: bool = False


CAPABILITIES: dict[int, Capabilities] = {}
CAPABILITIES[15] = Capabilities()
CAPABILITIES[14] = CAPABILITIES[15]._replace(
    group_members_only=True, named_lines=True, invite_lines=(), join_lines=(), leave_lines=(), rename_line=False,
    protects_channels=False,
)  # fmt: skip
CAPABILITIES[16] = CAPABILITIES[15]._replace(
    member_model="mail.channel.member", session_age=7 * _DAY, polls_for_status=False
)
CAPABILITIES[17] = CAPABILITIES[16]._replace(
    channel_model="discuss.channel", member_model="discuss.channel.member", seen_types=("chat", "group"),
    worker_version="17.0-1", groups_bind_members=True, long_uuid=False, announces_first=False,
)  # fmt: skip
CAPABILITIES[18] = CAPABILITIES[17]._replace(worker_version="18.0-7", store=True, has_separator=True)
CAPABILITIES[19] = CAPABILITIES[18]._replace(
    worker_version="19.0-2", error_code=0, count_field="member_count", preview_field="message_link_preview_ids",
    internal_key="internal_users", invite_lines=(), join_lines=(), enter_lines=("group",), leave_lines=("group",),
    checks_mentions=True, forgets_parent=True, checks_files=True,
)  # fmt: skip
# † The worker version of a 20.0 server was not seen.
CAPABILITIES[20] = CAPABILITIES[19]._replace(
    worker_version="20.0-1", store_key="store_data", filters_after_limit=False, invite_lines=("group",),
    permanent_chats=True,
)  # fmt: skip


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
