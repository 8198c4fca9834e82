"""Routes added in Odoo 20: the store, removing members, polls.

† Based on the source only (addons/mail/controllers/store.py, poll.py, discuss/channel.py of late Odoo 19.x and 20.0).
"""

from __future__ import annotations

import asyncio
from typing import Any

from odoochat.sandbox.errors import OdooError, no_right, not_found
from odoochat.sandbox.http.paging import user
from odoochat.sandbox.http.site import Visitor
from odoochat.sandbox.http.store20 import fetch20


async def mail_store(visitor: Visitor, fetch_params: Any, context: Any = None) -> Any:
    """POST /mail/store: reads and writes, through named handlers."""
    if visitor.uid is None:
        return {}
    return fetch20(visitor.world, visitor.uid, list(fetch_params or []))


async def remove_member(visitor: Visitor, member_id: int) -> None:
    """POST /discuss/channel/remove_member: removes the user, or any member if the user owns the channel."""
    world, uid = visitor.world, user(visitor)
    member = world.state.members.get(member_id)
    channel = world.state.channels.get(member["channel_id"]) if member is not None else None
    if member is None or channel is None or not world.state.channels.readable(uid, channel):
        raise not_found()
    owner = channel["create_uid"] == uid or world.state.accounts.is_admin(uid)
    if not owner and member["partner_id"] != world.state.accounts.partner_of(uid):
        raise no_right("Channel Member", world.state.member_model, "unlink", uid)
    world.channels.remove(channel, member)


# polls


async def poll_create(
    visitor: Visitor,
    duration: float,
    options: Any,
    question: str,
    thread_id: int,
    thread_model: str,
    allow_multiple_options: bool = False,
) -> int | None:
    """POST /mail/poll/create, with minutes, and options as {label, emoji}: returns the poll id."""
    world, uid = visitor.world, user(visitor)
    if thread_model != world.state.channel_model:
        return None
    channel = world.state.channels.get(int(thread_id))
    if not world.state.channels.readable(uid, channel):
        return None
    try:
        choices = [(str(option["label"]), option.get("emoji") or None) for option in options]
    except (KeyError, TypeError, AttributeError) as error:
        raise OdooError("key", str(error)) from None
    made = world.polls.create(
        uid, int(thread_id), str(question), choices, minutes=float(duration), several=bool(allow_multiple_options)
    )
    # Odoo's scheduler ends the poll once it is due.
    later = asyncio.get_running_loop().call_later(max(float(duration), 0) * 60 + 1, world.polls.end_due)
    world.closing.append(later.cancel)
    return made


async def poll_vote(visitor: Visitor, poll_id: int, option_ids: Any) -> None:
    """POST /mail/poll/vote."""
    ids = [one for one in option_ids or [] if isinstance(one, int)]
    visitor.world.polls.vote(user(visitor), int(poll_id), ids)


async def poll_remove_vote(visitor: Visitor, poll_id: int) -> None:
    """POST /mail/poll/remove_vote: removes all of the user's votes in the poll."""
    visitor.world.polls.take_back(user(visitor), int(poll_id))


async def poll_end(visitor: Visitor, poll_id: int) -> None:
    """POST /mail/poll/end."""
    visitor.world.polls.end(user(visitor), int(poll_id))


async def poll_delete(visitor: Visitor, poll_id: int) -> None:
    """POST /mail/poll/delete."""
    visitor.world.polls.delete(user(visitor), int(poll_id))
