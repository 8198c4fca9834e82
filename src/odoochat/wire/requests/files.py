"""Requests about files and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from odoochat.wire.requests.call import Call
from odoochat.wire.version_table import VersionTable

__all__ = ["FileRequests"]

FIELDS = ["name", "mimetype", "file_size"]


class FileRequests:
    """Builds the requests about files for one version.

    Args:
        table: the version's table.
    """

    def __init__(self, table: VersionTable) -> None:
        self._table = table

    def fetch(self, ids: Sequence[int]) -> Call:
        """Fetch names, types and sizes of files.

        Args:
            ids: ids of the files.
        """
        return Call("ir.attachment", "search_read", None, {"domain": [["id", "in", list(ids)]], "fields": FIELDS})

    def fetch_of_channel(self, channel_id: int, limit: int) -> Call:
        """Fetch names, types and sizes of a channel's files, newest first.

        Args:
            channel_id: id of the channel.
            limit: number of files.
        """
        domain = [["res_model", "=", self._table.channel_model], ["res_id", "=", channel_id]]
        query = {"domain": domain, "fields": FIELDS, "limit": limit, "order": "id desc"}
        return Call("ir.attachment", "search_read", None, query)

    def upload(self, name: str, data: str, mimetype: str | None) -> Call:
        """Store a file that the next post attaches to its message.

        ``message_post`` moves a file to the channel only from ``mail.compose.message``. Source:
        addons/mail/models/mail_thread.py, `_process_attachments_for_post`.

        Args:
            name: name of the file.
            data: content as base64.
            mimetype: MIME type of the content, None to let the server find out.
        """
        values: dict[str, Any] = {
            "name": name,
            "res_model": "mail.compose.message",
            "res_id": 0,
            self._table.content_field: data,
        }
        if mimetype:
            values["mimetype"] = mimetype
        return Call("ir.attachment", "create", None, {"vals_list": [values]})

    def read_content(self, number: int) -> Call:
        """Read the content of a file as base64.

        Args:
            number: id of the file.
        """
        return self._read("ir.attachment", number, self._table.content_field)

    def read_picture(self, model: str, number: int) -> Call:
        """Read the picture of a person or a channel as base64.

        Args:
            model: model of the record.
            number: id of the record.
        """
        return self._read(model, number, self._table.picture_field)

    def _read(self, model: str, number: int, field: str) -> Call:
        whole = {"context": {"include_binary_content": True}} if self._table.whole_binary_context else {}
        return Call(model, "read", (number,), {"fields": [field], **whole})
