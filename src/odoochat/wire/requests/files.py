"""Requests for files and images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from odoochat.wire.requests.call import Call
from odoochat.wire.version_table import VersionTable

__all__ = ["FileRequests"]

FIELDS = ["name", "mimetype", "file_size"]


class FileRequests:
    """Builds file requests for one Odoo version.

    Args:
        table: the version table.
    """

    def __init__(self, table: VersionTable) -> None:
        self._table = table

    def fetch(self, ids: Sequence[int]) -> Call:
        """Fetch the names, types and sizes of files.

        Args:
            ids: file ids.
        """
        return Call("ir.attachment", "search_read", None, {"domain": [["id", "in", list(ids)]], "fields": FIELDS})

    def fetch_of_channel(self, channel_id: int, limit: int) -> Call:
        """Fetch the names, types and sizes of a channel's files, newest first.

        Args:
            channel_id: channel id.
            limit: maximum number of files.
        """
        domain = [["res_model", "=", self._table.channel_model], ["res_id", "=", channel_id]]
        query = {"domain": domain, "fields": FIELDS, "limit": limit, "order": "id desc"}
        return Call("ir.attachment", "search_read", None, query)

    def upload(self, name: str, data: str, mimetype: str | None) -> Call:
        """Upload a file to attach to the next post.

        The file is created on ``mail.compose.message``, because ``message_post`` moves only such files to the channel.
        Source: addons/mail/models/mail_thread.py, `_process_attachments_for_post`.

        Args:
            name: file name.
            data: the content as base64.
            mimetype: the content's MIME type; None to let the server detect it.
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
        """Read a file's content as base64.

        Args:
            number: file id.
        """
        return self._read("ir.attachment", number, self._table.content_field)

    def read_picture(self, model: str, number: int) -> Call:
        """Read a person's or channel's image as base64.

        Args:
            model: the record's model.
            number: record id.
        """
        return self._read(model, number, self._table.picture_field)

    def _read(self, model: str, number: int, field: str) -> Call:
        whole = {"context": {"include_binary_content": True}} if self._table.whole_binary_context else {}
        return Call(model, "read", (number,), {"fields": [field], **whole})
