"""Attachment fields in each version."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.fields import Facts, Fields, column, columns, const, false
from odoochat.sandbox.versions.store import Json, token


def origin(command: str) -> Any:
    """Return a file's thread as a web client command (Odoo 15 and 16)."""
    return lambda _, row: [[command, {"id": row["res_id"], "model": false(row["res_model"])}]]


def _origin17(facts: Facts, row: Row) -> Any:
    thread = facts.thread(row)
    return [["ADD", thread]] if thread else False


FILE: dict[int, Fields] = {}
FILE[14] = columns("checksum", "id", "name", "mimetype", "res_id", "res_model") | {
    "filename": column("name"),
    "is_main": const(False),
}
FILE[15] = FILE[14]
FILE[16] = FILE[15] - {"is_main", "res_id", "res_model"} | {
    "type": const("binary"),
    "url": const(False),
    "originThread": origin("insert"),
}
FILE[17] = FILE[16] | {
    "create_date": column("create_date"),
    "size": column("size"),
    "res_name": lambda facts, row: false(facts.state.thread_name(row["res_model"], row["res_id"])),
    "originThread": _origin17,
}
FILE[18] = FILE[17] - {"originThread"} | {
    "thread": lambda facts, row: false(facts.thread(row)),
    "voice": const(False),
}
FILE[19] = FILE[18] - {"filename", "size", "voice"} | {
    "file_size": column("size"),
    "has_thumbnail": const(False),
    "raw_access_token": lambda _, row: token("raw", row["id"]),
    "thumbnail_access_token": lambda _, row: token("thumbnail", row["id"]),
    "voice_ids": const([]),
}
FILE[20] = FILE[19]


def files(facts: Facts, message: Row) -> list[Json]:
    """Return a message's attachments."""
    return [FILE[facts.version].of(facts, row) for row in facts.state.files.of_message(message["id"])]


def file_ids(facts: Facts, message: Row) -> list[int]:
    """Return the ids of a message's attachments."""
    return [row["id"] for row in facts.state.files.of_message(message["id"])]
