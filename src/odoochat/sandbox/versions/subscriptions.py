"""Determines the bus channels that a connection subscribes to in each version."""

from __future__ import annotations

from collections.abc import Callable

from odoochat.sandbox.database.bus import Key
from odoochat.sandbox.versions.sender import BusSender

_PARTNER_PRESENCE, _USER_PRESENCE = "odoo-presence-res.partner", "odoo-presence-res.users_"
_PUBLIC_GROUP, _GROUPS = 11, (16, 1, 7)  # group ids: public users; employees


def subscribed_keys(sender: BusSender, uid: int | None, asked: list[str]) -> list[Key]:
    """Return the bus channels that a connection subscribes to.

    Args:
        sender: the version's sender.
        uid: the connected user's id, negative for a guest, None without a session.
        asked: channel names requested by the client.
    """
    return _KEYS[sender.facts.version](sender, uid, asked)


def _keys14(sender: BusSender, uid: int | None, asked: list[str]) -> list[Key]:
    keys: list[Key] = list(asked)
    if uid is not None:
        me = sender.state.accounts.partner_of(uid)
        keys += [sender.channel_key(room) for room in sender.state.members.channels_of(me)]
        keys += [sender.partner_key(me), [sender.state.name, "ir.needaction", me]]
    return keys


def _keys15(sender: BusSender, uid: int | None, asked: list[str]) -> list[Key]:
    keys: list[Key] = [*asked, "broadcast"]
    if uid is None:
        return keys
    me = sender.state.accounts.partner_of(uid)
    return [*keys, sender.partner_key(me), *[sender.channel_key(room) for room in sender.state.members.channels_of(me)]]


def _asked_keys(sender: BusSender, uid: int, asked: list[str], rooms: dict[int, None]) -> list[Key]:
    """Return keys for the requested names, and add readable channels to `rooms`."""
    state, keys = sender.state, list[Key]()
    for name in asked:
        head, _, number = name.rpartition("_")
        if sender.capabilities.store:  # the access token follows the id
            number = number.partition("-")[0]
        if head == _PARTNER_PRESENCE and number.isdigit():
            keys.append(sender.partner_key(int(number), "presence"))
        elif head == state.channel_model and number.isdigit():
            if state.channels.readable(uid, state.channels.get(int(number))):
                rooms[int(number)] = None
        else:
            keys.append([state.name, name])
    return keys


def _room_keys(sender: BusSender, rooms: dict[int, None]) -> list[Key]:
    sub = sender.capabilities.internal_key
    return [key for room in rooms for key in (sender.channel_key(room), sender.channel_key(room, sub))]


def _keys17(sender: BusSender, uid: int | None, asked: list[str]) -> list[Key]:
    state = sender.state
    keys: list[Key] = [[state.name, "broadcast"]]
    if uid is None:
        return [*[[state.name, name] for name in asked], *keys]
    me = state.accounts.partner_of(uid)
    rooms = dict.fromkeys(state.members.channels_of(me))
    keys += _asked_keys(sender, uid, asked, rooms)
    return [*keys, *_room_keys(sender, rooms), sender.partner_key(me)]


def _keys18(sender: BusSender, uid: int | None, asked: list[str]) -> list[Key]:
    state = sender.state
    keys: list[Key] = [[state.name, "broadcast"]]
    public: Key = [state.name, "res.groups", _PUBLIC_GROUP]
    if uid is None:
        return [*[[state.name, name] for name in asked], *keys, public]
    me = state.accounts.partner_of(uid)
    readable = state.channels.readable_ids(uid)
    rooms = dict.fromkeys(room for room in state.members.channels_of(me) if room in readable)
    own: list[Key] = [sender.partner_key(me), sender.partner_key(me, "presence")]
    if uid < 0:
        named = [[state.name, name] for name in asked] + [sender.channel_key(room) for room in rooms]
        return [*keys, *named, public, *own]
    keys += _asked_keys(sender, uid, asked, rooms)
    groups: list[Key] = [[state.name, "res.groups", group] for group in _GROUPS]
    return [*keys, *_room_keys(sender, rooms), *groups, *own]


def _keys20(sender: BusSender, uid: int | None, asked: list[str]) -> list[Key]:
    keys = _keys18(sender, uid, [name for name in asked if not name.startswith(_USER_PRESENCE)])
    if uid is None or uid < 0:
        return keys
    own = sender.partner_key(sender.state.accounts.partner_of(uid), "presence")
    asked_users = [
        name.removeprefix(_USER_PRESENCE).partition("-")[0] for name in asked if name.startswith(_USER_PRESENCE)
    ]
    users = dict.fromkeys([*(int(number) for number in asked_users if number.isdigit()), uid])
    kept = [key for key in keys if key != own]
    return [*kept, sender.user_key(uid), *(sender.user_key(user, "presence") for user in users)]


_KEYS: dict[int, Callable[[BusSender, int | None, list[str]], list[Key]]] = {
    14: _keys14,
    15: _keys15,
    16: _keys15,
    17: _keys17,
    18: _keys18,
    19: _keys18,
    20: _keys20,
}
