"""What differs between the versions besides the fields of their payloads."""

from __future__ import annotations

from typing import NamedTuple

_DAY = 86400


class Capabilities(NamedTuple):
    """One Odoo version.

    Attributes:
        session_age: lifetime of a session's cookie, in seconds.
        seen_types: types of the channels whose members see what others have read.
        worker_version: version of the web client's worker, as the session information names it; None before 17.
        error_code: `error.code` of an ordinary JSON-RPC error.
        store: whether payloads are stores of records, 18 and later.
        store_key: name under which a notification holds its store.
        count_field: field of a channel with the number of its members.
        preview_field: field of a message with the previews of its links.
        checks_files: whether message_post refuses attachments that the user may not read.
        internal_key: last part of the bus channel that only some members of a channel receive.
    """

    session_age: int = 7 * _DAY
    seen_types: tuple[str, ...] = ("chat", "group")
    worker_version: str | None = None
    error_code: int = 200
    store: bool = False
    store_key: str = "data"
    count_field: str = "memberCount"
    preview_field: str = "linkPreviews"
    internal_key: str = "members"
    checks_files: bool = False


CAPABILITIES: dict[int, Capabilities] = {}
CAPABILITIES[14] = Capabilities(session_age=90 * _DAY, seen_types=("chat",))
CAPABILITIES[15] = CAPABILITIES[14]
CAPABILITIES[16] = Capabilities(seen_types=("chat",))
CAPABILITIES[17] = Capabilities(worker_version="17.0-1")
CAPABILITIES[18] = Capabilities(worker_version="18.0-7", store=True)
CAPABILITIES[19] = CAPABILITIES[18]._replace(
    worker_version="19.0-2", error_code=0, count_field="member_count", preview_field="message_link_preview_ids",
    internal_key="internal_users", checks_files=True,
)  # fmt: skip
# † The worker version of a 20.0 server was not seen.
CAPABILITIES[20] = CAPABILITIES[19]._replace(worker_version="20.0-1", store_key="store_data")
