"""A model of an Odoo that answers calls from memory: ids at insert, rows visible at commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from odoochat.model import Me, Version
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests.call import Call
from odoochat.wire.versions.registry import dialect_for
from tests.core.tables import matches, search

ME = Me(5, 6, "Alice", "alice")
BOB = (7, "Bob")
MODEL = "discuss.channel"
ELSEWHERE = 4
"""A channel of others, which the user may not read; nor may they read one that they are no member of."""
START = datetime(2026, 11, 22, 19, 0, 0, tzinfo=UTC)


@dataclass
class Transaction:
    """What becomes visible at its commit."""

    since: datetime
    rows: list[dict[str, Any]] = field(default_factory=list)
    edits: list[tuple[int, str]] = field(default_factory=list)


class Odoo:
    """Tables, transactions and a bus, for one user whose client is tested."""

    def __init__(self, channels: int = 3) -> None:
        self.now = START
        self.messages: dict[int, dict[str, Any]] = {}
        self.channels = {n: f"channel {n}" for n in (*range(1, channels + 1), ELSEWHERE)}
        self.members: dict[int, datetime] = {}
        self._member_ids: dict[int, int] = {}
        self._last_member_id = 0
        self.separators: dict[int, int] = {}
        self.committed: dict[int, int] = {}
        self.commits = 0
        self.open: list[Transaction] = []
        self.listeners: list[Callable[[int | None, Notification], None]] = []
        self._last_id = 0
        self._last_bus = 0

    # -------------------------------------------------------------------- writing

    def begin(self) -> Transaction:
        transaction = Transaction(self.now)
        self.open.append(transaction)
        return transaction

    def skip(self, count: int) -> None:
        """Others insert rows that are rolled back: their ids are used up."""
        self._last_id += count

    def insert(self, transaction: Transaction, channel: int, body: str, date: str = "") -> int:
        self._last_id += 1
        transaction.rows.append(
            {
                "id": self._last_id,
                "body": f"<p>{body}</p>",
                "date": date or text(self.now),
                "author_id": [BOB[0], f"Acme, {BOB[1]}"],
                "author_guest_id": False,
                "message_type": "comment",
                "model": MODEL,
                "res_id": channel,
                "parent_id": False,
                "attachment_ids": [],
                "write_date": exact(transaction.since),
                "create_date": exact(transaction.since),
                "needaction": False,
                "starred": False,
            }
        )
        return self._last_id

    def commit(self, transaction: Transaction) -> None:
        self.open.remove(transaction)
        for row in transaction.rows:
            self.messages[row["id"]] = row
            self.commits += 1
            self.committed[row["id"]] = self.commits
            value = {k: v for k, v in shown(row).items() if k not in ("author_id", "body")}
            value |= {"author_id": row["author_id"][0], "body": ["markup", row["body"]]}
            data = {"mail.message": [value], "res.partner": [{"id": BOB[0], "name": BOB[1]}]}
            self._notify(row["res_id"], "discuss.channel/new_message", {"id": row["res_id"], "data": data})
        for number, body in transaction.edits:
            found = self.messages.get(number)
            if found is not None and found["write_date"] < exact(transaction.since):
                found |= {"body": body, "write_date": exact(transaction.since)}
                value = {"id": number, "body": ["markup", body], "attachment_ids": []}
                value["write_date"] = shown(found)["write_date"]
                self._notify(found["res_id"], "mail.record/insert", {"mail.message": [value]})

    def roll_back(self, transaction: Transaction) -> None:
        self.open.remove(transaction)

    def post(self, channel: int, body: str) -> int:
        transaction = self.begin()
        number = self.insert(transaction, channel, body)
        self.commit(transaction)
        return number

    def unlink(self, number: int) -> None:
        row = self.messages.pop(number)
        self._notify(row["res_id"], "mail.message/delete", {"message_ids": [number]})

    def join(self, channel: int) -> None:
        self.members[channel] = self.now
        self._last_member_id += 1
        self._member_ids[channel] = self._last_member_id
        self.separators[channel] = self._last_id + 1
        self._notify(None, "discuss.channel/joined", {"channel_id": channel, "data": {}})

    def leave(self, channel: int) -> None:
        del self.members[channel]
        left = {"id": channel, "close_chat_window": True, "isLocallyPinned": False}
        self._notify(None, "mail.record/insert", {"discuss.channel": [left]})

    def _notify(self, channel: int | None, kind: str, payload: dict[str, Any]) -> None:
        self._last_bus += 1
        for listener in self.listeners:
            listener(channel, Notification(self._last_bus, kind, payload))

    # -------------------------------------------------------------------- reading

    def answer(self, call: Call) -> Any:
        assert call.method == "search_read", call
        domain: Any = call.kwargs["domain"]
        match call.model:
            case "mail.message":
                order, limit = call.kwargs["order"], call.kwargs["limit"]
                assert isinstance(order, str)
                assert isinstance(limit, int)
                # The limit first, then the access rules: addons/mail/models/mail_message.py, `_search`.
                found = search(self.messages.values(), domain, order=order, limit=limit)
                return [shown(r) for r in found if r["res_id"] in self.members]
            case "res.partner":
                return [{"id": BOB[0], "name": BOB[1]}] if BOB[0] in domain[0][2] else []
            case "discuss.channel":
                rows: list[dict[str, Any]] = [
                    {
                        "id": i,
                        "name": name,
                        "channel_type": "channel",
                        "description": False,
                        "last_interest_dt": False,
                        "channel_partner_ids": [ME.partner_id] if i in self.members else [],
                        "message_ids.write_date": max(
                            (m["write_date"] for m in self.messages.values() if m["res_id"] == i), default=""
                        ),
                    }
                    for i, name in self.channels.items()
                ]
            case "discuss.channel.member":
                rows = [
                    {
                        "id": self._member_ids[i],
                        "channel_id": [i, self.channels[i]],
                        "channel_id.channel_partner_ids": [ME.partner_id],
                        "channel_id.channel_type": "channel",
                        "channel_id.name": self.channels[i],
                        "partner_id": [ME.partner_id, ME.name],
                        "create_date": text(since),
                        "last_interest_dt": False,
                        "message_unread_counter": self.unread(i),
                    }
                    for i, since in self.members.items()
                ]
            case _:
                raise AssertionError(call)
        found = [r for r in rows if matches(domain, r)]
        if "offset" in call.kwargs:
            assert call.kwargs["order"] == "id", call
            first, limit = call.kwargs["offset"], call.kwargs["limit"]
            assert isinstance(first, int)
            assert isinstance(limit, int)
            found = sorted(found, key=lambda row: row["id"])[first : first + limit]
        return found

    def unread(self, channel: int) -> int:
        first = self.separators[channel]
        return sum(r["res_id"] == channel and r["id"] >= first for r in self.messages.values())

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Session:
    """A session that answers from the model."""

    def __init__(self, odoo: Odoo, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.me = ME
        self.kind = "session"
        self.calls_models = True
        self.dialect = dialect_for(Version(19))
        self.http = SimpleNamespace(server_time=None)
        self._odoo = odoo
        self._meanwhile = meanwhile
        self.calls: list[Call] = []

    async def do(self, call: Call) -> Any:
        self.calls.append(call)
        answer = self._odoo.answer(call)
        self.http.server_time = self._odoo.now.replace(microsecond=0)
        self._meanwhile()
        return answer


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def exact(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as a call answers it: times without their fractions."""
    return {**row, "write_date": row["write_date"][:19], "create_date": row["create_date"][:19]}
