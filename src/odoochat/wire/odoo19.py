"""Odoo 19 and 20: the store dict with plain ids and marked-up bodies, JSON-2."""

from __future__ import annotations

from odoochat.wire.call import Call
from odoochat.wire.odoo18 import Odoo18

__all__ = ["Odoo19", "Odoo20"]


class Odoo19(Odoo18):
    """Odoo 19: ``message_post`` answers a list, the web client's helpers moved into ``/mail/action``."""

    generation = 19
    json2 = True


class Odoo20(Odoo19):
    """Odoo 20: one store route, ``store_data`` in payloads, ``check_outdated`` in every subscribe."""

    generation = 20
    check_outdated = True

    def upload(self, name: str, data: str, mimetype: str | None) -> Call:
        """See `Dialect.upload`; ``datas`` became ``raw``."""
        call = super().upload(name, data, mimetype)
        values = dict(call.kwargs["vals_list"][0])  # type: ignore[index]
        values["raw"] = values.pop("datas")
        return Call(call.model, call.method, call.ids, {"vals_list": [values]})
