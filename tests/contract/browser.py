"""The web client of each version, as the calls that a user makes in a browser."""

from __future__ import annotations

import json
from io import BytesIO
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.contract.servers import Server


class Browser:
    """One person in a browser tab: a session, and the calls that the page makes. Knows nothing of odoochat."""

    def __init__(self, server: Server, login: str) -> None:
        self._server = server
        self._login = login
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        who = {"db": self._server.db, "login": self._login, "password": self._server.passwords[self._login]}
        self.info = await self.route("/web/session/authenticate", **who)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    @property
    def _channels(self) -> str:
        return "mail.channel" if self._server.version < 17 else "discuss.channel"

    async def route(self, path: str, **params: Any) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        data, kind = BytesIO(json.dumps(body).encode()), {"Content-Type": "application/json"}
        async with self._http.post(self._server.url + path, data=data, headers=kind) as response:
            answer = await response.json()
        assert "error" not in answer, answer["error"]
        return answer.get("result")

    async def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        return await self.route("/web/dataset/call_kw", model=model, method=method, args=list(args), kwargs=kwargs)

    async def on_channel(self, channel: int, method: str, **kwargs: Any) -> Any:
        return await self.call(self._channels, method, [channel], **kwargs)

    # --------------------------------------------------------------------- acts

    async def post(self, channel: int, html: str, **more: Any) -> int:
        """The composer's send."""
        data = {"body": html, "message_type": "comment", "subtype_xmlid": "mail.mt_comment", **more}
        if self._server.version < 15:
            return int(await self.on_channel(channel, "message_post", **data))
        received = await self.route(
            "/mail/message/post", thread_model=self._channels, thread_id=channel, post_data=data, context={}
        )
        if self._server.version < 18:
            return int(received["id"])
        if self._server.version < 19:
            return max(int(row["id"]) for row in received["mail.message"])
        return int(received["message_id"])

    async def edit(self, message: int, html: str) -> None:
        """The pencil; an empty text is the bin."""
        data: dict[str, Any] = {"body": html, "attachment_ids": []}
        inner = {"update_data": data} if self._server.version >= 19 else data
        await self.route("/mail/message/update_content", message_id=message, **inner)

    async def react(self, message: int, emoji: str, *, remove: bool = False) -> None:
        """The smiley."""
        verb = "remove" if remove else "add"
        if self._server.version < 17:
            await self.route(f"/mail/message/{verb}_reaction", message_id=message, content=emoji)
        else:
            await self.route("/mail/message/reaction", message_id=message, content=emoji, action=verb)

    async def typing(self, channel: int, typing: bool) -> None:
        """A key."""
        if self._server.version < 16:
            await self.on_channel(channel, "notify_typing", is_typing=typing)
        else:
            home = "mail" if self._server.version < 17 else "discuss"
            await self.route(f"/{home}/channel/notify_typing", channel_id=channel, is_typing=typing)

    async def read(self, channel: int, message: int) -> None:
        """The conversation is looked at."""
        if self._server.version < 15:
            await self.on_channel(channel, "channel_seen", last_message_id=message)
            return
        paths = {15: "/mail/channel/set_last_seen_message", 17: "/discuss/channel/set_last_seen_message"}
        path = "/discuss/channel/mark_as_read" if self._server.version >= 18 else paths[max(
            v for v in paths if v <= self._server.version
        )]  # fmt: skip
        await self.route(path, channel_id=channel, last_message_id=message)

    async def pin(self, channel: int, message: int, pinned: bool) -> None:
        """The pin."""
        await self.on_channel(channel, "set_message_pin", message_id=message, pinned=pinned)

    async def star(self, message: int) -> None:
        """The star."""
        if self._server.version >= 20:
            await self.route("/mail/store", fetch_params=[["add_bookmark", {"message_id": message}]])
        else:
            await self.call("mail.message", "toggle_message_starred", [message])

    async def create(self, name: str) -> int:
        """The plus beside "Channels"."""
        if self._server.version < 16:
            made = await self.call(self._channels, "channel_create", name, "public")
        elif self._server.version < 19:
            made = await self.call(self._channels, "channel_create", name=name, group_id=None)
        else:
            path = "/mail/action" if self._server.version < 20 else "/mail/store"
            how = {"name": name, "group_id": None, **({"is_readonly": False} if self._server.version >= 20 else {})}
            asked = [["/discuss/create_channel", how, 1]]
            made = await self.route(path, fetch_params=asked, context={})
        if isinstance(made, dict) and "DataResponse" in made:
            there = made["DataResponse"][0]["channel"]
            return int(there["id"] if isinstance(there, dict) else there)
        if isinstance(made, dict) and self._channels in made:
            return int(made[self._channels][0]["id"])
        return int(made["id"])

    async def invite(self, channel: int, partner: int) -> None:
        """ "Invite people"."""
        if self._server.version >= 20:
            params = {"channel_id": channel, "partner_ids": [partner]}
            await self.route("/mail/store", fetch_params=[["/discuss/channel/add_members", params, 1]])
        else:
            verb = "channel_invite" if self._server.version < 15 else "add_members"
            await self.on_channel(channel, verb, partner_ids=[partner])

    async def rename(self, channel: int, name: str) -> None:
        """The name above the conversation."""
        if self._server.version < 15:
            await self.on_channel(channel, "write", vals={"name": name})
        else:
            await self.on_channel(channel, "channel_rename", name=name)

    async def leave(self, channel: int) -> None:
        """ "Leave"."""
        await self.on_channel(channel, "action_unfollow")

    async def start_thread(self, channel: int, message: int, name: str) -> int:
        """ "Create thread"."""
        made = (
            await self.route(
                "/discuss/channel/sub_channel/create", parent_channel_id=channel, from_message_id=message, name=name
            )
        )["sub_channel"]
        return int(made["id"] if isinstance(made, dict) else made)

    async def unread(self, channel: int) -> int:
        """The number beside the conversation, as the page is given it."""
        if self._server.version < 18:
            received = await self.route("/mail/init_messaging")
            if self._server.version < 15:
                slots = received["channel_slots"]
                rows = [row for slot in slots.values() for row in slot]
            else:
                rows = received["channels"]
            row = next(r for r in rows if r["id"] == channel)
            inner = row.get("channel") if isinstance(row.get("channel"), dict) else row
            return int(inner.get("serverMessageUnreadCounter", inner.get("message_unread_counter", 0)) or 0)
        if self._server.version < 19:
            received = await self.route("/mail/data", channels_as_member=True)
        elif self._server.version < 20:
            received = await self.route("/mail/data", fetch_params=["channels_as_member"])
        else:
            received = await self.route("/mail/store", fetch_params=["channels_as_member"])
        for member in received["discuss.channel.member"]:
            where = member.get("thread") or member.get("channel_id")
            where = where["id"] if isinstance(where, dict) else where
            if where == channel and "message_unread_counter" in member:
                return int(member["message_unread_counter"])
        raise AssertionError(f"no counter for {channel}")

    async def inbox(self) -> int:
        """The number beside "Inbox", as the page is given it."""
        if self._server.version < 18:
            return int((await self.route("/mail/init_messaging"))["needaction_inbox_counter"])
        if self._server.version < 19:
            received = await self.route("/mail/data", init_messaging={})
        elif self._server.version < 20:
            received = await self.route("/mail/data", fetch_params=["init_messaging"])
        else:
            return int(await self.call("mail.message", "search_count", [["needaction", "=", True]]))
        return int(received["Store"]["inbox"]["counter"])
