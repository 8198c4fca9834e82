"""Second factor: submits the two-factor code to the login page."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from odoochat.errors import Blocked, ProtocolError, TotpRequired
from odoochat.net.answer import Redirected
from odoochat.net.failures import page_words, refusal
from odoochat.net.http import Http
from odoochat.net.pages import form_token
from odoochat.net.version import ask_version
from odoochat.secret import Payload, Secret
from odoochat.wire.versions.registry import table_for

__all__ = ["TRUSTED_DEVICE", "answer_second_factor"]

log = logging.getLogger("odoochat")

PAGE = "/web/login/totp"
TRUSTED_DEVICE = "td_id"
"""Cookie of a trusted device, which needs no code for 90 days. Source: addons/auth_totp/controllers/home.py."""

REMEMBER_AGENT = "odoochat (Linux; like Firefox/1.0)"
"""Odoo names the device after this browser and system, and returns HTTP 500 without them (observed on Odoo 19)."""

_ALERT = re.compile(r"<p[^>]{0,200}\balert\b[^>]{0,200}>([^<]{0,500})<")


async def answer_second_factor(http: Http, ask: Callable[[], Awaitable[Secret]], *, remember: bool) -> bool:
    """Submit the two-factor form.

    The page is fetched before the user is asked for the code, because servers that send codes by e-mail send one when
    the page is fetched. A trusted device needs no code. Source: addons/auth_totp_mail/controllers/home.py (observed on
    Odoo 19).

    Args:
        http: the HTTP client to use for requests.
        ask: a function that returns the code.
        remember: whether to ask the server to trust this device.

    Returns:
        Whether a code was needed.

    Raises:
        TotpRequired: no code is available, or the server rejected the code. The error contains the page's text.
        ProtocolError: the page contains no form.
    """
    try:
        answer = await http.get(PAGE, follow=False)
    except Redirected as error:
        if error.location.path.rstrip("/").endswith("/web/login"):
            raise TotpRequired("the login expired before the two-factor code was sent; try again") from None
        log.info("trusted device: no second factor needed", extra={"event": "login.trusted_device"})
        return False
    if (refused := refusal(http.what, answer.status, answer.body, answer.headers)) is not None:
        raise refused
    page = answer.body.decode("utf-8", "replace")
    token = form_token(page)
    if not token:
        raise ProtocolError("the two-factor page has no form", page_words(answer.body))
    if said := _alert(page):
        log.warning("second factor: %s", said, extra={"event": "login.second_factor_notice", "notice": said})
    log.info(
        "second factor required%s",
        " (code sent by mail)" if "mail" in page.lower() else "",
        extra={"event": "login.second_factor"},
    )
    code = await ask()
    if not code.reveal().isdigit():
        raise TotpRequired("the two-factor code must have six digits")
    remember = remember and 'name="remember"' in page and table_for(await ask_version(http)).trusts_devices
    form = Payload(
        urlencode(
            {"csrf_token": token, "totp_token": code.reveal(), **({"remember": "1"} if remember else {})}
        ).encode()
    )
    headers = {"User-Agent": REMEMBER_AGENT} if remember else {}
    try:
        answer = await http.post(PAGE, form, "application/x-www-form-urlencoded", headers=headers)
    except Redirected:
        return True
    if answer.status in (429, 503):
        raise Blocked(f"{http.what} does not accept a code right now (HTTP {answer.status})", status=answer.status)
    said = _alert(answer.body.decode("utf-8", "replace")) or (page_words(answer.body) if answer.status >= 400 else "")
    raise TotpRequired(
        "the server rejected this two-factor code; " + (said or "codes from an app are valid for 30 seconds")
    )


def _alert(page: str) -> str:
    """Return the error message in a page, or "" if there is none."""
    found = _ALERT.search(page)
    return " ".join(found[1].split()) if found else ""
