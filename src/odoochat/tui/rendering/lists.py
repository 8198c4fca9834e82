"""The rows of the list of conversations, and of the members; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from rich.style import Style

from odoochat.model import ChannelInfo, Member
from odoochat.tui.rendering.strips import Row
from odoochat.tui.theme import Look
from odoochat.wire.content.sanitize import safe_name

__all__ = ["conversation_rows", "is_muted", "kind_sign", "member_rows"]

SIGNS = {"online": "●", "away": "◐", "busy": "⊘", "offline": "○"}
MOST_ROWS = 1_000
"""Conversations in the list; those with something unread come first. The switcher finds all."""
DIRECT = ("chat", "group")


def is_muted(info: ChannelInfo, here: Collection[int] = ()) -> bool:
    """Whether I want to hear nothing of a conversation."""
    if info.id in here or info.notify == "no_notif":
        return True
    return info.muted is not None and info.muted > datetime.now(UTC)


def kind_sign(info: ChannelInfo, statuses: Mapping[int, str], me: int) -> str:
    """The sign before a conversation's name: presence of the other in a direct chat, else what it is."""
    if info.kind == "chat":
        others = [p for p in info.partners if p != me]
        status = statuses.get(others[0], "") if others else ""
        return SIGNS.get(status, "○")
    if info.parent is not None:
        return "↳"
    return {"group": "◇", "livechat": "☏"}.get(info.kind, "#")


def _sort_key(info: ChannelInfo) -> tuple[str, int]:
    return info.name.casefold(), info.id


def conversation_rows(
    infos: Iterable[ChannelInfo],
    look: Look,
    *,
    me: int,
    statuses: Mapping[int, str],
    favourites: Collection[int] = (),
    muted: Collection[int] = (),
    drafts: Collection[str] = (),
    typing: Collection[int] = (),
) -> list[Row]:
    """My conversations in their sections.

    Args:
        favourites: those on top.
        muted: muted on this screen alone.
        drafts: ids, as text, of those where something is written and not sent.
        typing: where somebody is writing now.
    """
    mine = sorted((i for i in infos if i.pinned or i.unread or i.needaction), key=_sort_key)
    hidden = len(mine) - MOST_ROWS
    if hidden > 0:
        mine.sort(key=lambda info: not (info.needaction or info.unread or info.id in favourites))
        mine = sorted(mine[:MOST_ROWS], key=_sort_key)
    threads: dict[int, list[ChannelInfo]] = {}
    for info in mine:
        if info.parent is not None and info.id not in favourites:
            threads.setdefault(info.parent, []).append(info)
    sections: list[tuple[str, list[ChannelInfo]]] = [
        ("STARRED", [i for i in mine if i.id in favourites]),
        ("DIRECT", [i for i in mine if i.kind in DIRECT and i.id not in favourites]),
        ("CHANNELS", [i for i in mine if i.kind not in DIRECT and i.id not in favourites and i.parent is None]),
    ]
    rows: list[Row] = []
    for title, members in sections:
        if not members:
            continue
        rows.append(Row(None, ((f" {title}", look.dim),)))
        for info in members:
            rows.append(_row(info, look, me, statuses, muted, drafts, typing))
            rows += [_row(t, look, me, statuses, muted, drafts, typing, indent="  ") for t in threads.get(info.id, ())]
    shown = {row.key for row in rows}
    if orphans := [i for i in mine if i.id not in shown]:
        rows.append(Row(None, ((" THREADS", look.dim),)))
        rows += [_row(i, look, me, statuses, muted, drafts, typing) for i in orphans]
    if hidden > 0:
        rows.append(Row(None, ((f" +{hidden} more", look.dim),)))
    return rows


def _row(
    info: ChannelInfo,
    look: Look,
    me: int,
    statuses: Mapping[int, str],
    muted: Collection[int],
    drafts: Collection[str],
    typing: Collection[int],
    indent: str = "",
) -> Row:
    quiet = is_muted(info, muted)
    sign = kind_sign(info, statuses, me)
    sign_style = Style(color="green") if sign == "●" else Style(color="yellow") if sign == "◐" else look.dim
    name_style = look.dim if quiet else Style(bold=True) if info.unread else Style()
    end, end_style = "", look.dim
    if info.needaction:
        end, end_style = f"@{info.needaction}", look.to_me
    elif info.unread:
        end, end_style = (str(info.unread) if info.unread < 1000 else "999+"), look.dim if quiet else look.mention
    elif info.id in typing:
        end = "…"
    elif str(info.id) in drafts:
        end = "✎"
    if quiet:
        end = f"{end} ×" if end else "×"
    name = safe_name(info.name, 60) or str(info.id)
    return Row(info.id, ((f" {indent}", Style()), (f"{sign} ", sign_style), (name, name_style)), f"{end} ", end_style)


def member_rows(members: Iterable[Member], statuses: Mapping[int, str], look: Look) -> list[Row]:
    """Who is in a conversation: who is here first."""
    order = list(SIGNS)

    def status(member: Member) -> str:
        return statuses.get(member.author.id) or member.status or "offline"

    def key(member: Member) -> tuple[int, str]:
        now = status(member)
        return (order.index(now) if now in order else len(order), member.author.name.casefold())

    rows: list[Row] = []
    for member in sorted(members, key=key):
        sign = SIGNS.get(status(member), "○")
        style = Style(color="green") if sign == "●" else Style(color="yellow") if sign == "◐" else look.dim
        name = safe_name(member.author.name, 40) or "somebody"
        rows.append(Row(("member", member.author), ((f" {sign} ", style), (name, Style()))))
    return rows
