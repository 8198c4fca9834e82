"""Guest login with an invitation link."""

from __future__ import annotations

import re

from odoochat.errors import NotFound, ProtocolError, ServerFault
from odoochat.model import Me, Version
from odoochat.net.answer import Answer, Redirected
from odoochat.net.failures import page_words, refusal
from odoochat.net.http import Http
from odoochat.net.login import Identity
from odoochat.net.pages import form_token
from odoochat.net.rpc import Rpc, call_route
from odoochat.wire.requests.guests import guest_of
from odoochat.wire.session_info import page_session, worker_of
from odoochat.wire.values import integer
from odoochat.wire.versions.registry import table_for

__all__ = ["enter_as_guest"]


async def enter_as_guest(http: Http, path: str, name: str, version: Version) -> Identity:
    """Open an invitation link. The user becomes a guest, identified by the ``dgid`` cookie, and joins the channel.

    Source: ``/chat/<id>/<uuid>`` (addons/mail/controllers/discuss/public_page.py in Odoo 17 to 20; observed on Odoo
    19). On Odoo 15 and 16, the page only creates the guest, and ``/mail/channel/add_guest_as_member`` adds the
    member (observed on Odoo 16).

    Args:
        http: the HTTP client to use for requests.
        path: the invitation link's path.
        name: the display name; an empty string to keep the name chosen by the server.
        version: the server's version.

    Raises:
        NotFound: the invitation is invalid or does not allow guests.
        ProtocolError: the response is not an invitation page.
    """
    found = re.match(r"/chat/(\d+)/([\w-]+)", path)
    answer = await _page(http, path)
    if found is None:
        raise NotFound("invitation", _DEAD)
    channel, uuid = int(found[1]), found[2]
    guest = guest_of(http.cookie("dgid") or "")
    if not guest:
        raise ProtocolError("the invitation page did not create a guest", page_words(answer.body), status=answer.status)
    if table_for(version).guest_joins_by_call:
        try:
            await call_route(http, "/mail/channel/add_guest_as_member", {"channel_id": channel, "channel_uuid": uuid})
        except (NotFound, ServerFault) as error:
            raise NotFound("invitation", f"{_DEAD} ({error})") from None
        except ProtocolError as error:
            if error.status != 404:  # no such route: the page already added the member
                raise
        answer = await _page(http, path)  # its token belongs to the current session
    page = answer.body.decode("utf-8", "replace")
    token = form_token(page)
    if not token:
        raise ProtocolError("the invitation page has no form", page_words(answer.body), status=answer.status)
    if name:
        await call_route(http, "/mail/guest/update_name", {"guest_id": guest, "name": name})
    info = page_session(page)
    worker, bus_id = worker_of(info)
    db = info.get("db")
    return Identity(
        Me(0, 0, name or "Guest", guest_id=guest),
        version,
        db if isinstance(db, str) else "",
        "invitation",
        "WebSocket: an invitation as a guest",
        True,
        Rpc(http, "session"),
        worker=worker,
        max_upload=integer(info.get("max_file_upload_size")) or None,
        channel=channel,
        form_token=token,
        internal=False,
        bus_id=bus_id,
    )


_DEAD = "the invitation is invalid; ask for a new one"


async def _page(http: Http, path: str) -> Answer:
    try:
        answer = await http.get(path)
    except Redirected:
        raise NotFound("invitation", "the invitation redirects to another server; guests cannot use it") from None
    if "/web/login" in answer.url.path:
        raise NotFound("invitation", "the invitation redirects to the login page; guests cannot use it")
    if answer.status != 200:
        error = refusal(http.what, answer.status, answer.body, answer.headers)
        raise error if error is not None else NotFound("invitation", _DEAD)
    return answer
