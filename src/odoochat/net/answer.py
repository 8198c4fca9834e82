"""Answer: the response to one HTTP request, or the error for a redirect."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from msgspec import Struct
from yarl import URL

from odoochat.errors import Blocked

__all__ = ["Answer", "Redirected", "media_type", "redirected"]

LONGEST_LOCATION = 4096
"""Characters of an address in a redirect at most; the time to encode a host name grows faster than its length."""


class Answer(Struct, frozen=True):
    """The response to one request.

    Attributes:
        status: the HTTP status.
        url: the address that sent it, after redirects.
        set_cookies: the ``Set-Cookie`` headers.
    """

    status: int
    content_type: str
    body: bytes
    date: str = ""
    url: URL = URL()
    headers: Mapping[str, str] = {}
    set_cookies: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Answer {self.status} {self.content_type}, {len(self.body)} bytes>"


class Redirected(Blocked):
    """Raised when the server redirects to another address; the request was not carried out.

    Attributes:
        location: the absolute address of the redirect.
    """

    def __init__(self, location: URL, status: int) -> None:
        shown = str(location.with_user(None).with_query(None))
        super().__init__(f"redirected to {shown[:200]}", status=status)
        self.location = location


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type of a response in lower case, without its parameters; "" for none.

    aiohttp's `content_type` reads the parameters too, and needs half a minute for a long line of them.

    Args:
        headers: headers of the response.
    """
    return headers.get("Content-Type", "")[:200].partition(";")[0].strip().lower()


def redirected(what: str, response: aiohttp.ClientResponse) -> Blocked:
    """Return the error for a redirect.

    Args:
        what: name of the server.
        response: the response, with a ``Location`` header.
    """
    given = response.headers["Location"]
    try:
        location = response.url.join(URL(given if len(given) <= LONGEST_LOCATION else ""))
        location.origin()
    except (ValueError, TypeError):
        location = URL()
    if not location.host or len(given) > LONGEST_LOCATION:
        return Blocked(f"{what} redirects to an invalid address", status=response.status)
    return Redirected(location, response.status)
