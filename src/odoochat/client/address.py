"""The address of a server, parsed from the user's input."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from odoochat.errors import ConfigError

__all__ = ["base_url"]

_PAGE = re.compile(
    r"/(?:"
    r"(?:web|odoo|my|jsonrpc|xmlrpc|websocket|longpolling)(?=/|$)"
    r"|json/2(?=/|$)|mail/(?:message|view|action|channel|chat|guest|thread|record)\b"
    r"|discuss(?:/channel\b|$)|chat/\d+/"
    r")"
)
"""Matches the start of an Odoo page's path; anything before it belongs to the server's address.

Source: the routes of addons/web, portal and mail (Odoo 14 to 19): /web, /odoo, /my, /mail/message/5,
/discuss/channel/1.
"""

LOCAL = ("localhost", "127.0.0.1", "::1")


def base_url(text: str) -> str:
    """Return a server's base URL, dropping the page path of an address copied from a browser.

    Args:
        text: e.g. ``odoo.example.com`` or ``https://odoo.example.com/web#action=mail``. The default scheme is
            ``https``, or ``http`` for loopback addresses.

    Raises:
        ConfigError: `text` is not an address, has a scheme other than http and https, or contains a control character
            or a password.
    """
    text = text.strip()
    if any(c < " " or c == "\x7f" for c in text):
        raise ConfigError("the address contains a line break or another control character; remove it")
    if not text:
        raise ConfigError("no server address; use one like https://odoo.example.com")
    if "://" not in text:
        host = urlsplit(f"//{text}").hostname
        text = f"{'http' if host in LOCAL else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        if "port" in str(error).lower():
            raise ConfigError(f"invalid port in {_shown(text)}; use a number from 1 to 65535") from None
        raise ConfigError(f"{_shown(text)} is not a valid address: {error}") from None
    if port == 0:
        raise ConfigError(f"invalid port in {_shown(text)}; use a number from 1 to 65535")
    if parts.scheme not in ("http", "https"):
        raise ConfigError(f"the address begins with {parts.scheme}://; use http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("the address contains a user name or password; pass them as login and password instead")
    if not parts.hostname or any(c.isspace() for c in parts.netloc):
        raise ConfigError(f"{text!r} has no host name; use an address like https://odoo.example.com")
    path = _PAGE.split(parts.path, maxsplit=1)[0]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path.rstrip('/')}"


def _shown(text: str) -> str:
    """Return an address for an error message, with any password removed."""
    scheme, _, rest = text.partition("://")
    return repr(f"{scheme}://{rest.rpartition('@')[2]}")
