"""What is read out of the server's pages for browsers: the tokens that forms bear."""

from __future__ import annotations

import re

from odoochat.errors import ProtocolError
from odoochat.net.http import Http

__all__ = ["ask_form_token", "form_token"]

_SCRIPT = re.compile(r"""csrf_token["']?\s*(?:value=|:)\s*["']([^"']+)["']""")
_FIELD = re.compile(r"""name=["']csrf_token["'][^>]*value=["']([^"']+)["']""")


def form_token(page: str) -> str:
    """The token in a page, as a field or in a script; empty when there is none."""
    found = _FIELD.search(page) or _SCRIPT.search(page)
    return found[1] if found else ""


async def ask_form_token(http: Http) -> str:
    """The token that forms of this session bear; the login page has one, also for who is logged in.

    Raises:
        ProtocolError: the page has no form.
    """
    page = (await http.get("/web/login")).body.decode("utf-8", "replace")
    token = form_token(page)
    if not token:
        raise ProtocolError("the login page has no form", page)
    return token
