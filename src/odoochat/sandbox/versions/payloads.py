"""Payloads for Odoo 14 to 17: one dictionary per record, without a store."""

from __future__ import annotations

from typing import Any, Protocol

from odoochat.sandbox.database.accounts import ODOOBOT_PARTNER, PUBLIC_PARTNER
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions.capabilities import Capabilities
from odoochat.sandbox.versions.channels import CHANNEL
from odoochat.sandbox.versions.fields import Facts, Get, column, columns
from odoochat.sandbox.versions.files import FILE
from odoochat.sandbox.versions.messages import MESSAGE
from odoochat.sandbox.versions.people import PARTNER, member_persona
from odoochat.sandbox.versions.store import Json

COMMANDS: list[Json] = [
    {"help": "Show a helper message", "name": "help"},
    {"help": "Leave this channel", "name": "leave"},
    {"channel_types": ["channel", "chat"], "help": "List users in the current channel", "name": "who"},
]


class Payloads(Protocol):
    """Builds responses with messages and channels, in the format of one version."""

    facts: Facts
    capabilities: Capabilities

    def format(self, messages: list[Row], uid: int | None, *, followers: bool = False) -> Any:
        """Return messages in the format of the history routes.

        Args:
            messages: message rows.
            uid: the requesting user's id.
            followers: whether to include the user's follower record for each message's thread.
        """
        ...

    def channel_info(self, channel: Row, uid: int | None) -> Json:
        """Return a channel in the format returned by methods that create or join one."""
        ...

    def members(self, channel: Row, uid: int | None) -> Json:
        """Return a channel's members, in the format of /discuss/channel/members."""
        ...

    def posted(self, message: Row, uid: int) -> Any:
        """Return the response for /mail/message/post."""
        ...

    def updated(self, message: Row, uid: int) -> Json:
        """Return the response for /mail/message/update_content."""
        ...

    def files(self, rows: list[Row]) -> Any:
        """Return a channel's attachments, in the format of /discuss/channel/attachments."""
        ...

    def boot(self, uid: int) -> Json:
        """Return the response for /mail/init_messaging, or the store that replaces it."""
        ...


class FlatPayloads:
    """Builds payloads for Odoo 14 to 17.

    Args:
        state: the stored data.
    """

    def __init__(self, state: State) -> None:
        self.facts = Facts(state)
        self.capabilities = state.capabilities

    def message(self, row: Row) -> Json:
        """Return a message without details specific to a reader."""
        return MESSAGE[self.facts.version].of(self.facts, row)

    def format(self, messages: list[Row], uid: int | None, *, followers: bool = False) -> list[Json]:
        """Return messages in the format of the history routes; `followers` is for Odoo 18 and later."""
        more = {"user_follower_id": False} if self.facts.version >= 17 else {}
        return [{**self.message(row), **more} for row in messages]

    def channel_info(self, channel: Row, uid: int | None) -> Json:
        """Return a channel in the format returned by methods that create or join one."""
        return CHANNEL[self.facts.version].of(self.facts.read_by(uid), channel)

    def channel_for(self, channel: Row, partner_id: int) -> Json:
        """Return a channel as it appears in a partner's notifications."""
        return CHANNEL[self.facts.version].of(self.facts.read_by_partner(partner_id), channel)

    def members(self, channel: Row, uid: int | None) -> Json:
        """Return the channel itself, which contains its members."""
        return self.channel_info(channel, uid)

    def posted(self, message: Row, uid: int) -> Json:
        """Return the response for /mail/message/post."""
        return self.format([message], uid)[0]

    def updated(self, message: Row, uid: int) -> Json:
        """Return the response for /mail/message/update_content; before Odoo 17, only the changes."""
        shown = self.posted(message, uid)
        if self.facts.version >= 17:
            return shown
        return {"id": message["id"], "body": message["body"], "attachments": shown["attachment_ids"]}

    def files(self, rows: list[Row]) -> list[Json]:
        """Return a channel's attachments."""
        return [FILE[self.facts.version].of(self.facts, row) for row in rows]

    def boot(self, uid: int) -> Json:
        """Return the response for /mail/init_messaging."""
        state, facts = self.facts.state, self.facts.read_by(uid)
        counted: Json = {
            "current_user_id": uid,
            "menu_id": 82,
            "needaction_inbox_counter": len(state.marks.needaction(facts.me)),
            "shortcodes": self._shortcodes(),
            "starred_counter": state.marks.starred_count(facts.me),
        }
        if facts.version == 14:
            return {**counted, **self._boot14(facts)}
        channels = [self.channel_info(facts.channel(room), uid) for room in state.members.channels_of(facts.me)]
        counted |= {"channels": channels, "companyName": "My Company", "currentGuest": False}
        return {**counted, **_BOOT[facts.version](facts, {"id": uid})}

    def _boot14(self, facts: Facts) -> Json:
        slots: dict[str, list[Json]] = {
            "channel_channel": [],
            "channel_direct_message": [],
            "channel_private_group": [],
        }
        for channel_id in facts.state.members.channels_of(facts.me):
            channel = facts.channel(channel_id)
            header = CHANNEL[14].of(facts, channel)
            if channel["channel_type"] == "chat":
                if header["is_pinned"]:
                    slots["channel_direct_message"].append(header)
            else:
                private = channel["public"] == "private"
                slots["channel_private_group" if private else "channel_channel"].append(header)
        return {
            "channel_slots": slots,
            "mail_failures": [],
            "commands": COMMANDS,
            "mention_partner_suggestions": [],
            "moderation_counter": 0,
            "moderation_channel_ids": [],
            "partner_root": _partner(facts, ODOOBOT_PARTNER),
            "public_partner": _partner(facts, PUBLIC_PARTNER),
            "public_partners": [_partner(facts, PUBLIC_PARTNER)],
            "current_partner": _partner(facts, facts.me),
        }

    def _shortcodes(self) -> list[Json]:
        names = columns("id", "source", "substitution")
        if self.facts.version < 17:
            names |= {"description": column("description")}
        return [names.of(self.facts, row) for row in reversed(self.facts.state.canned.all())]


def _partner(facts: Facts, partner_id: int) -> Json:
    return PARTNER[facts.version].of(facts, facts.partner(partner_id))


def _boot15(facts: Facts, user: Row) -> Json:
    return {
        "commands": [],
        "current_partner": _partner(facts, facts.me),
        "current_user_settings": {"id": user["id"], "user_id": user["id"]},
        "mail_failures": [],
        "partner_root": _partner(facts, ODOOBOT_PARTNER),
        "public_partners": [_partner(facts, PUBLIC_PARTNER)],
    }


def _boot16(facts: Facts, user: Row) -> Json:
    return {
        "current_partner": _partner(facts, facts.me),
        "current_user_settings": {"id": user["id"], "user_id": [["insert", {"id": user["id"]}]]},
        "hasLinkPreviewFeature": True,
        "internalUserGroupId": 1,
        "partner_root": _partner(facts, ODOOBOT_PARTNER),
    }


def _boot17(facts: Facts, user: Row) -> Json:
    shown = {"id": user["id"], "isInternalUser": facts.state.accounts.is_internal(user["id"])}
    settings = {"id": user["id"], "user_id": {"id": user["id"]}}
    return {
        "hasLinkPreviewFeature": True,
        "hasGifPickerFeature": False,
        "hasMessageTranslationFeature": False,
        "initBusId": facts.state.bus.last_id(),
        "current_partner": {**member_persona(facts, facts.me), "user": shown},
        "current_user_settings": settings,
        "settings": settings,
        "internalUserGroupId": 1,
        "odoobot": member_persona(facts, ODOOBOT_PARTNER),
    }


_BOOT: dict[int, Get] = {15: _boot15, 16: _boot16, 17: _boot17}
