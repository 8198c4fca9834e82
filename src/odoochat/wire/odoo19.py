"""Odoo 19 and 20: the store dict with plain ids and marked-up bodies, JSON-2."""

from __future__ import annotations

from odoochat.wire.call import Call
from odoochat.wire.dialect import Route
from odoochat.wire.odoo18 import Odoo18
from odoochat.wire.values import dicts

__all__ = ["Odoo19", "Odoo20"]


class Odoo19(Odoo18):
    """Odoo 19: ``message_post`` answers a list, the web client's helpers moved into ``/mail/action``."""

    json2 = True

    def edit(self, message_id: int, html: str) -> Call | Route:
        """See `Dialect.edit`."""
        data = {"body": html, "attachment_ids": []}
        return Route("/mail/message/update_content", {"message_id": message_id, "update_data": data})

    def chat_with(self, partner_id: int) -> Call | Route:
        """See `Dialect.chat_with`."""
        return Route(
            "/mail/action",
            {"fetch_params": [["/discuss/get_or_create_chat", {"partners_to": [partner_id]}, 1]]},
        )

    def _channel_of(self, result: object) -> object:
        response = dicts(result.get("DataResponse")) if isinstance(result, dict) else []
        found = [r["channel"] for r in response if isinstance(r.get("channel"), dict)]
        return found or super()._channel_of(result)


class Odoo20(Odoo19):
    """Odoo 20: one store route, ``store_data`` in payloads, ``check_outdated`` in every subscribe."""

    check_outdated = True

    def chat_with(self, partner_id: int) -> Call | Route:
        """See `Dialect.chat_with`."""
        return Route(
            "/mail/store",
            {"fetch_params": [["/discuss/get_or_create_chat", {"partners_to": [partner_id]}, 1]]},
        )

    def upload(self, name: str, data: str, mimetype: str | None) -> Call:
        """See `Dialect.upload`; ``datas`` became ``raw``."""
        call = super().upload(name, data, mimetype)
        values = dict(call.kwargs["vals_list"][0])  # type: ignore[index]
        values["raw"] = values.pop("datas")
        return Call(call.model, call.method, call.ids, {"vals_list": [values]})
