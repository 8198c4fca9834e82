"""Message pages in each version's format: channels, records, the inbox and stars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.errors import OdooError, not_found
from odoochat.sandbox.http.site import Visitor

Fetch = Callable[..., list[Row]]


def user(visitor: Visitor) -> int:
    """Return the user for a request to a public route; an expired session raises a 404 error."""
    if visitor.uid is None:
        raise not_found()
    return visitor.uid


def asked(visitor: Visitor, fetch_params: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Return the requested page as arguments for `Messages.paged`."""
    names = visitor.capabilities.page_params
    return chosen(names, fetch_params) if visitor.capabilities.nested_params else _named(names, given)


def chosen(names: Mapping[str, str], fetch_params: Any) -> dict[str, Any]:
    """Return the requested page as arguments for `Messages.paged` (Odoo 19 and later); reject unknown ones."""
    values = dict(fetch_params or {})
    unknown = sorted(set(values) - set(names))
    if unknown:
        text = f"MailMessage._message_fetch() got an unexpected keyword argument {unknown[0]!r}"
        raise OdooError("argument", text)
    return _named(names, values)


def _named(names: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {ours: values[name] for name, ours in names.items() if values.get(name) is not None}


def answer(visitor: Visitor, fetch: Fetch, page: dict[str, Any], *, done: bool = False, followers: bool = False) -> Any:
    """Return the page in this version's format; `done` removes the page's messages from the inbox.

    Since Odoo 17 a search also returns the number of matches.
    """
    uid, world = user(visitor), visitor.world
    rows = fetch(**page)
    if done:
        world.messages.done(uid, [row["id"] for row in rows])
    formatted = world.payloads.format(rows, uid, followers=followers)
    if not visitor.capabilities.counts_found:
        return formatted
    found: dict[str, Any] = formatted if visitor.capabilities.store else {"messages": formatted}
    if page.get("term"):
        every = {name: page[name] for name in ("term", "notification") if name in page}
        found = {"count": len(fetch(**every, limit=None)), **found}
    return found


# inbox, history and stars


async def inbox_messages(visitor: Visitor, fetch_params: Any = None, **given: Any) -> Any:
    """POST /mail/inbox/messages."""
    return _box(visitor, fetch_params, given, visitor.world.state.messages.inbox, followers=True)


async def history_messages(visitor: Visitor, fetch_params: Any = None, **given: Any) -> Any:
    """POST /mail/history/messages: inbox messages already marked as done."""
    return _box(visitor, fetch_params, given, partial(visitor.world.state.messages.inbox, read=True))


async def starred_messages(visitor: Visitor, fetch_params: Any = None, **given: Any) -> Any:
    """POST /mail/starred/messages."""
    return _box(visitor, fetch_params, given, visitor.world.state.messages.starred)


def _box(visitor: Visitor, fetch_params: Any, given: dict[str, Any], fetch: Fetch, *, followers: bool = False) -> Any:
    me = visitor.world.state.accounts.partner_of(user(visitor))
    page = asked(visitor, fetch_params, given)
    return answer(visitor, lambda **one: fetch(me, **one), page, followers=followers)
