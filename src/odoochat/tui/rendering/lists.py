"""Builds the rows of the channel list and member list; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from rich.style import Style

from odoochat.model import ChannelInfo, Counters, Member
from odoochat.tui.rendering.strips import ListRow
from odoochat.tui.theme import Styles
from odoochat.wire.content.sanitize import safe_name

__all__ = ["box_rows", "conversation_rows", "is_muted", "kind_sign", "member_rows", "presence_sign", "sign_look"]

SIGNS = {"online": "●", "away": "◐", "busy": "⊘", "offline": "○"}
MAX_ROWS = 1_000
"""Maximum number of conversations in the list, unread ones first. The switcher finds the rest."""
DIRECT = ("chat", "group")


def is_muted(info: ChannelInfo, here: Collection[int] = ()) -> bool:
    """Return whether a channel is muted.

    Args:
        info: the channel.
        here: ids of channels muted on this screen only.
    """
    if info.id in here or info.notify == "no_notif":
        return True
    return info.muted is not None and info.muted > datetime.now(UTC)


def kind_sign(info: ChannelInfo, statuses: Mapping[int, str], me: int) -> str:
    """Return a channel's sign: the partner's presence status for a direct chat, the kind for any other channel.

    Args:
        info: the channel.
        statuses: presence statuses, keyed by partner id.
        me: the user's partner id.
    """
    if info.kind == "chat":
        others = [p for p in info.partners if p != me]
        status = statuses.get(others[0], "") if others else ""
        return SIGNS.get(status, "○")
    if info.parent is not None:
        return "↳"
    return {"group": "◇", "livechat": "☏"}.get(info.kind, "#")


def presence_sign(status: str) -> str:
    """Return the sign for a person's presence status.

    Args:
        status: the presence status; empty if unknown.
    """
    return SIGNS.get(status, "○")


def sign_look(sign: str, styles: Styles) -> Style:
    """Return the style of the sign before a name.

    Args:
        sign: the sign.
        styles: the theme's styles.
    """
    return {"●": styles.good, "◐": styles.warning, "⊘": styles.failed}.get(sign, styles.dim)


def box_rows(profile: str, user: str, counters: Counters, styles: Styles) -> list[ListRow]:
    """Return the rows above the channels: the account, the inbox and the starred messages.

    The rows' keys are command names.

    Args:
        profile: the profile's name.
        user: the user's name; empty if unknown.
        counters: the numbers of inbox and starred messages.
        styles: the theme's styles.
    """
    who = f" · {safe_name(user, 24)}" if user else ""
    inbox, starred = (str(number) if number < 1000 else "999+" for number in (counters.inbox, counters.starred))
    return [
        ListRow(None, ((f" {safe_name(profile, 24)}", styles.strong), (who, styles.dim))),
        ListRow(
            "inbox",
            ((" ◉ ", styles.accent if counters.inbox else styles.dim), ("Inbox", _unread(counters.inbox))),
            f"{inbox} " if counters.inbox else "",
            styles.accent,
        ),
        ListRow(
            "starred",
            ((" ☆ ", styles.dim), ("Starred", Style())),
            f"{starred} " if counters.starred else "",
            styles.dim,
        ),
        ListRow(None, ()),
    ]


def _unread(count: int) -> Style:
    return Style(bold=True) if count else Style()


def _sort_key(info: ChannelInfo) -> tuple[str, int]:
    return info.name.casefold(), info.id


def conversation_rows(
    infos: Iterable[ChannelInfo],
    styles: Styles,
    *,
    me: int,
    statuses: Mapping[int, str],
    favourites: Collection[int] = (),
    muted: Collection[int] = (),
    drafts: Collection[str] = (),
    typing: Collection[int] = (),
) -> list[ListRow]:
    """Return the rows of the channel list, grouped into sections.

    Args:
        infos: the channels.
        styles: the theme's styles.
        me: the user's partner id.
        statuses: presence statuses, keyed by partner id.
        favourites: ids of the channels to show at the top.
        muted: ids of channels muted on this screen only.
        drafts: ids of channels with a draft, as strings.
        typing: ids of channels where someone is typing.
    """
    mine = sorted((i for i in infos if i.pinned or i.unread or i.needaction), key=_sort_key)
    hidden = len(mine) - MAX_ROWS
    if hidden > 0:
        mine.sort(key=lambda info: not (info.needaction or info.unread or info.id in favourites))
        mine = sorted(mine[:MAX_ROWS], key=_sort_key)
    threads: dict[int, list[ChannelInfo]] = {}
    for info in mine:
        if info.parent is not None and info.id not in favourites:
            threads.setdefault(info.parent, []).append(info)
    sections: list[tuple[str, list[ChannelInfo]]] = [
        ("Favourites", [i for i in mine if i.id in favourites]),
        ("Direct messages", [i for i in mine if i.kind in DIRECT and i.id not in favourites]),
        ("Channels", [i for i in mine if i.kind not in DIRECT and i.id not in favourites and i.parent is None]),
    ]
    rows: list[ListRow] = []
    for title, members in sections:
        if not members:
            continue
        if rows:
            rows.append(ListRow(None, ()))
        rows.append(ListRow(None, ((f" {title}", styles.dim),)))
        for info in members:
            rows.append(_row(info, styles, me, statuses, muted, drafts, typing))
            rows += [
                _row(t, styles, me, statuses, muted, drafts, typing, indent="  ") for t in threads.get(info.id, ())
            ]
    shown = {row.key for row in rows}
    if orphans := [i for i in mine if i.id not in shown]:
        rows.append(ListRow(None, ()))
        rows.append(ListRow(None, ((" Threads", styles.dim),)))
        rows += [_row(i, styles, me, statuses, muted, drafts, typing) for i in orphans]
    if hidden > 0:
        rows.append(ListRow(None, ((f" +{hidden} more", styles.dim),)))
    return rows


def _row(
    info: ChannelInfo,
    styles: Styles,
    me: int,
    statuses: Mapping[int, str],
    muted: Collection[int],
    drafts: Collection[str],
    typing: Collection[int],
    indent: str = "",
) -> ListRow:
    quiet = is_muted(info, muted)
    sign = kind_sign(info, statuses, me)
    sign_style = sign_look(sign, styles)
    name_style = styles.dim if quiet else _unread(info.unread)
    end, end_style = "", styles.dim
    if info.needaction:
        end, end_style = f"@{info.needaction}", styles.accent
    elif info.unread:
        end, end_style = (str(info.unread) if info.unread < 1000 else "999+"), styles.dim if quiet else styles.accent
    elif info.id in typing:
        end = "…"
    elif str(info.id) in drafts:
        end = "✎"
    if quiet:
        end = f"{end} ×" if end else "muted"
    name = safe_name(info.name, 60) or str(info.id)
    return ListRow(
        info.id, ((f" {indent}", Style()), (f"{sign} ", sign_style), (name, name_style)), f"{end} ", end_style
    )


def member_rows(members: Iterable[Member], statuses: Mapping[int, str], styles: Styles) -> list[ListRow]:
    """Return the rows of the member list, online members first.

    Args:
        members: the members.
        statuses: presence statuses, keyed by partner id.
        styles: the theme's styles.
    """
    order = list(SIGNS)

    def status(member: Member) -> str:
        return statuses.get(member.author.id) or member.status or "offline"

    def key(member: Member) -> tuple[int, str]:
        now = status(member)
        return (order.index(now) if now in order else len(order), member.author.name.casefold())

    rows: list[ListRow] = []
    for member in sorted(members, key=key):
        sign = SIGNS.get(status(member), "○")
        style = sign_look(sign, styles)
        name = safe_name(member.author.name, 40) or "unknown"
        rows.append(ListRow(("member", member.author), ((f" {sign} ", style), (name, Style()))))
    return rows
