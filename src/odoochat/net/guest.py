"""Coming in by an invitation, without an account."""

from __future__ import annotations

import re

from odoochat.errors import NotFound, ProtocolError
from odoochat.model import Me, Version
from odoochat.net.http import Http, Redirected
from odoochat.net.login import Identity
from odoochat.net.pages import form_token
from odoochat.net.rpc import Rpc, call_route
from odoochat.wire.requests.guests import guest_of

__all__ = ["enter_as_guest"]


async def enter_as_guest(http: Http, path: str, name: str, version: Version) -> Identity:
    """Opens an invitation: makes me a guest, known by the cookie ``dgid``, and a member of its channel.

    Source: ``/chat/<id>/<uuid>`` (addons/mail/controllers/discuss/public_page.py of 17 to 19; seen on 19).

    Args:
        path: of the invitation.
        name: that the others see; empty to keep the server's.

    Raises:
        NotFound: the invitation does not hold, or lets no guests in.
        ProtocolError: what answers is no invitation's page.
    """
    number = re.match(r"/chat/(\d+)/([^/?#]+)", path)
    try:
        answer = await http.get(path)
    except Redirected:
        raise NotFound("invitation", "the invitation leads to another page: guests may not come in by it") from None
    if answer.status != 200 or number is None:
        raise NotFound("invitation", "the invitation does not hold: ask for a fresh one")
    page = answer.body.decode("utf-8", "replace")
    guest = guest_of(http.cookie("dgid") or "")
    token = form_token(page)
    if not guest or not token:
        raise ProtocolError("the invitation's page made nobody a guest", page[:80])
    if version.major < 17:  # there the page makes a guest and no member (seen on live 16)
        ask = {"channel_id": int(number[1]), "channel_uuid": number[2]}
        await call_route(http, "/mail/channel/add_guest_as_member", ask)
    if name:
        await call_route(http, "/mail/guest/update_name", {"guest_id": guest, "name": name})
    db = re.search(r'"db": "([^"]+)"', page)
    limit = re.search(r'"max_file_upload_size": (\d+)', page)
    worker = re.search(r'"(?:websocket_)?worker_version": "([^"]*)"', page)
    me = Me(0, 0, name or "Guest", guest_id=guest)
    rpc = Rpc(http, "session")
    return Identity(
        me, version, db[1] if db else "", "invitation", "WebSocket: an invitation as a guest", True, rpc,
        worker[1] if worker else "", int(limit[1]) if limit else None, int(number[1]), token,
    )  # fmt: skip
