"""Answer: the response to an HTTP request, and the error for a redirect."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from msgspec import Struct
from yarl import URL

from odoochat.errors import Blocked

__all__ = ["Answer", "Redirected", "media_type", "redirected"]

LONGEST_LOCATION = 4096
"""Maximum length of a redirect address; the time to encode a host name grows faster than its length."""


class Answer(Struct, frozen=True):
    """The response to an HTTP request.

    Attributes:
        status: the HTTP status.
        url: the final address, after redirects.
        set_cookies: values of the ``Set-Cookie`` headers.
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
    """Raised when the server redirects to a different address; the request was not processed.

    Attributes:
        location: the absolute target address.
    """

    def __init__(self, location: URL, status: int) -> None:
        shown = str(location.with_user(None).with_query(None))
        super().__init__(f"redirected to {shown[:200]}", status=status)
        self.location = location


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type of a response in lower case and without parameters, or "" if it has none.

    aiohttp's `content_type` also parses the parameters, which can take half a minute for a long header.

    Args:
        headers: the response headers.
    """
    return headers.get("Content-Type", "")[:200].partition(";")[0].strip().lower()


def redirected(what: str, response: aiohttp.ClientResponse) -> Blocked:
    """Return the error for a redirect.

    Args:
        what: the server's name for the error message.
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
