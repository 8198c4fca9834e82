"""Pages: extracts form tokens from web pages."""

from __future__ import annotations

import re

from odoochat.errors import ProtocolError
from odoochat.net.failures import page_words, refusal
from odoochat.net.http import Http

__all__ = ["ask_form_token", "form_token"]

_MARK = "csrf_token"
_AROUND = 300
"""Number of characters to search for the value before and after the field name."""

_SCRIPT = re.compile(r"""csrf_token["']?\s{0,20}[:=]\s{0,20}["']([^"'<>]{1,200})["']""")
_FIELD = re.compile(r"""value\s{0,5}=\s{0,5}["']([^"'<>]{1,200})["']""")


def form_token(page: str) -> str:
    """Return the form token from a form field or script in a page, or an empty string if there is none.

    Args:
        page: the page's source. The search time is linear in the page's length.
    """
    in_script = ""
    place = page.find(_MARK)
    while place >= 0:
        begin, end = page.rfind("<", max(place - _AROUND, 0), place), page.find(">", place, place + _AROUND)
        if begin >= 0 and end >= 0 and page.startswith("<input", begin) and (found := _FIELD.search(page, begin, end)):
            return found[1]
        if not in_script and (found := _SCRIPT.match(page, place)):
            in_script = found[1]
        place = page.find(_MARK, place + len(_MARK))
    return in_script


async def ask_form_token(http: Http) -> str:
    """Fetch the session's form token from the login page, which contains one even when the user is logged in.

    Redirects on the same server are followed, e.g. to the page in the user's language.

    Raises:
        ProtocolError: the page contains no form.
        Blocked: a proxy in front of Odoo responded.
        Redirected: the page is on a different server.
    """
    answer = await http.get("/web/login")
    token = form_token(answer.body.decode("utf-8", "replace"))
    if not token:
        if (error := refusal(http.what, answer.status, answer.body, answer.headers)) is not None:
            raise error
        raise ProtocolError(
            f"the login page of {http.what} has no form (HTTP {answer.status})", page_words(answer.body),
            status=answer.status,
        )  # fmt: skip
    return token
