"""Commands that go from conversation to conversation, and show parts of the screen."""

from __future__ import annotations

from odoochat.errors import OdooChatError
from odoochat.model import ChannelInfo
from odoochat.tui.conversation import Stage
from odoochat.tui.rendering.lists import is_muted
from odoochat.tui.widgets.row_list import Row

__all__ = ["COMMANDS", "go_to"]


def _order(stage: Stage) -> list[int]:
    return [row.key for row in stage.conversations.rows if row.key is not None]


def _next(stage: Stage, wanted: list[int]) -> int | None:
    """The first of these conversations after the one on the screen, in the order of the list; round the end."""
    order = _order(stage)
    at = order.index(stage.channel) if stage.channel in order else -1
    around = order[at + 1 :] + order[: at + 1]
    return next((number for number in around if number in wanted and number != stage.channel), None)


def next_unread(stage: Stage) -> None:
    """Opens the next conversation with something unread."""
    muted = stage.desk.drafts.muted
    unread = [i.id for i in stage.desk.channels.values() if i.unread and not is_muted(i, muted)]
    _open_or_say(stage, _next(stage, unread), "nothing unread")


def next_mention(stage: Stage) -> None:
    """Opens the next conversation where I am mentioned."""
    mentioned = [i.id for i in stage.desk.channels.values() if i.needaction or (i.kind == "chat" and i.unread)]
    _open_or_say(stage, _next(stage, mentioned), "no mention of you is unread")


def _open_or_say(stage: Stage, channel: int | None, words: str) -> None:
    if channel is None:
        stage.toast(words)
    else:
        stage.open(channel)


def back(stage: Stage) -> None:
    """Opens the conversation before."""
    while stage.trail:
        channel = stage.trail.pop()
        if channel in stage.desk.channels and channel != stage.channel:
            stage.open(channel, remember=False)
            return
    stage.toast("there is no conversation before this one")


def _neighbour(stage: Stage, step: int) -> None:
    order = _order(stage)
    if not order:
        return
    at = order.index(stage.channel) if stage.channel in order else -1
    stage.open(order[(at + step) % len(order)])


def focus_list(stage: Stage) -> None:
    """Goes to the list of conversations."""
    stage.screen.remove_class("no-side")
    stage.screen.add_class("side-wanted")
    stage.conversations.choose(stage.channel)
    stage.conversations.focus()


def open_chosen(stage: Stage) -> None:
    """Opens the conversation that is chosen in the list."""
    if (key := stage.conversations.key) is not None:
        stage.screen.remove_class("side-wanted")
        stage.open(key)
        stage.composer.focus()


def leave_list(stage: Stage) -> None:
    """Back to writing."""
    stage.screen.remove_class("side-wanted")
    stage.composer.focus()


def toggle_members(stage: Stage) -> None:
    """Shows or hides the members."""
    stage.screen.toggle_class("with-members")
    # Where there is little room they take the place of the list, but only when they are asked for.
    stage.screen.set_class(stage.screen.has_class("with-members"), "members-wanted")
    if stage.screen.has_class("with-members"):
        read_members(stage)


def read_members(stage: Stage) -> None:
    """Asks who is in the conversation."""
    if stage.channel and stage.online():
        stage.run(stage.desk.read_members(stage.channel, again=True), "members")


def toggle_sidebar(stage: Stage) -> None:
    """Shows or hides the list of conversations."""
    stage.screen.remove_class("side-wanted")
    stage.screen.toggle_class("no-side")


def toggle_mute(stage: Stage) -> None:
    """Mutes the conversation, or hears it again; where the server knows no muting, here alone."""
    channel, info = stage.channel, stage.info
    if not channel:
        return
    muted = is_muted(info, stage.desk.drafts.muted)
    here = stage.desk.drafts.muted
    here.discard(channel)

    async def ask() -> None:
        assert stage.desk.verbs is not None
        try:
            await stage.desk.verbs.mute(channel, 0 if muted else None)
        except OdooChatError:
            if not muted:
                here.add(channel)
                stage.toast("muted on this screen alone", "warning")
                stage.dirty()
            raise

    if stage.desk.verbs is not None:
        stage.run(ask(), "mute")
    elif not muted:
        here.add(channel)
    stage.toast("this conversation is heard again" if muted else "muted: no notifications from here")
    stage.dirty()


def toggle_favourite(stage: Stage) -> None:
    """Puts the conversation on top of the list, or back."""
    favourites = stage.desk.drafts.favourites
    favourites.symmetric_difference_update({stage.channel})
    stage.dirty()


def switcher(stage: Stage) -> None:
    """Finds a conversation, a person or a command by a few letters."""
    from odoochat.tui.screens.dialogs import Chooser, ranked

    look = stage.host.look
    candidates = _candidates(stage)

    def find(text: str) -> list[Row]:
        sign, words = _signed(text)
        wanted = [each for each in candidates if sign in ("", _sign(stage, each[1].key))]
        return ranked(words, wanted, look.found)[:60]

    async def ask(text: str) -> list[Row]:
        sign, words = _signed(text)
        if stage.desk.verbs is None or len(words) < 2:
            return []
        return [row for row in await _ask_people(stage, words) if sign in ("", _sign(stage, row.key))]

    def chosen(key: tuple[str, object] | None) -> None:
        if key is not None:
            go_to(stage, key)

    dialog = Chooser("Go to", look, find, ask=ask, placeholder="channel, person or command")
    stage.screen.app.push_screen(dialog, chosen)


def _signed(text: str) -> tuple[str, str]:
    """The sign that a text begins with, and the rest: ``#`` wants channels, ``@`` people, ``:`` commands."""
    text = text.strip()
    return (text[0], text[1:].strip()) if text[:1] in ("#", "@", ":") else ("", text)


def _sign(stage: Stage, key: tuple[str, int]) -> str:
    what, number = key
    if what == "command":
        return ":"
    info = stage.desk.channels.get(number) if what == "channel" else None
    return "@" if what == "person" or (info is not None and info.kind == "chat") else "#"


def _candidates(stage: Stage) -> list[tuple[str, Row]]:
    from rich.style import Style

    from odoochat.tui.keys import TABLE, shown
    from odoochat.tui.rendering.lists import kind_sign
    from odoochat.wire.content.sanitize import safe_name

    look, desk = stage.host.look, stage.desk

    def weight(info: ChannelInfo) -> tuple[bool, bool, float]:
        last = info.last_activity.timestamp() if info.last_activity else 0.0
        return (info.id == stage.channel, not info.unread, -last)

    rows: list[tuple[str, Row]] = []
    for info in sorted(desk.channels.values(), key=weight):
        sign = kind_sign(info, desk.statuses, desk.me.partner_id)
        name = safe_name(info.name, 60)
        end = f"{info.unread} unread" if info.unread else ""
        rows.append((name, Row(("channel", info.id), ((f"{sign} ", look.dim), (name, Style())), end, look.mention)))
    chats = {p for i in desk.channels.values() if i.kind == "chat" for p in i.partners}
    for number, name in sorted(stage.people().items(), key=lambda pair: pair[1].casefold()):
        if number not in chats:
            rows.append((name, Row(("person", number), (("@ ", look.dim), (name, Style())), "write to", look.dim)))
    for key in TABLE:
        if key.where == "everywhere" and key.name != "switch":
            words = ((": ", look.dim), (key.label, Style()))
            rows.append((key.label, Row(("command", key.name), words, shown(key.default), look.dim)))
    return rows


async def _ask_people(stage: Stage, text: str) -> list[Row]:
    from rich.style import Style

    from odoochat.wire.content.sanitize import safe_name

    look, verbs = stage.host.look, stage.desk.verbs
    rows: list[Row] = []
    chats = {p for i in stage.desk.channels.values() if i.kind == "chat" for p in i.partners}
    assert verbs is not None
    try:
        for author in await verbs.people(text):
            if author.id != stage.desk.me.partner_id and author.id not in chats:
                name = safe_name(author.name, 60)
                rows.append(Row(("person", author.id), (("@ ", look.dim), (name, Style())), "write to", look.dim))
        for info in await verbs.browse(text):
            if info.id not in stage.desk.channels:
                name = safe_name(info.name, 60)
                rows.append(Row(("join", info.id), (("# ", look.dim), (name, Style())), "join", look.dim))
    except OdooChatError:
        return rows  # what is known without the server is there already
    return rows


def go_to(stage: Stage, key: tuple[str, object]) -> None:
    """Goes where a row of the switcher leads."""
    what, value = key
    if what == "channel" and isinstance(value, int):
        stage.open(value)
    elif what == "command":
        stage.screen.call_later(stage.screen.run_action, f"screen.do('{value}')")
    elif isinstance(value, int) and stage.online():

        async def ask() -> None:
            assert stage.desk.verbs is not None
            assert stage.desk.client is not None
            verb = stage.desk.verbs.direct if what == "person" else stage.desk.verbs.join
            number = await verb(value)
            stage.desk.channels[number] = stage.desk.client.channel(number).info
            stage.open(number)

        stage.run(ask(), "opening")


COMMANDS = {
    "switch": switcher,
    "next-unread": next_unread,
    "next-mention": next_mention,
    "back": back,
    "next-conversation": lambda stage: _neighbour(stage, 1),
    "previous-conversation": lambda stage: _neighbour(stage, -1),
    "list": focus_list,
    "list-up": lambda stage: stage.conversations.move(-1),
    "list-down": lambda stage: stage.conversations.move(1),
    "list-open": open_chosen,
    "list-leave": leave_list,
    "members": toggle_members,
    "sidebar": toggle_sidebar,
    "mute": toggle_mute,
    "favourite": toggle_favourite,
}
