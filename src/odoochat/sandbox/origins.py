"""Allowed origins: serves requests from programs and the sandbox's own pages, and refuses those from other pages.

Any page open in the user's browser can send requests to every address on the machine. The browser reveals the page's
origin in `Origin`, or in `Host` for a page whose host name resolves to 127.0.0.1 (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

_RESERVED = ".test"  # such names cannot be registered, so no web page can have one. Source: RFC 6761


def refusal(method: str, headers: Mapping[str, str], port: int, hosts: Collection[str]) -> str | None:
    """Return the reason for refusing a request.

    Args:
        method: HTTP method.
        headers: request headers.
        port: the sandbox's port.
        hosts: additional host names for the sandbox, in lower case.

    Returns:
        The reason as a sentence, or None if the request is allowed.
    """
    name = headers.get("Host", "")
    if name and not _is_address(name) and not _known(f"http://{name}", port, hosts):
        return (
            f"The sandbox does not accept the host name {name!r}: use 127.0.0.1, or allow it with "
            "Sandbox(hosts=…) or odoochat sandbox --allow-host."
        )
    origin = headers.get("Origin")
    own = origin in (f"http://{name}", f"https://{name}")
    if origin is not None and not own and not _known(origin, port, hosts):
        return f"The sandbox refuses requests from web pages on other servers (Origin {origin!r})."
    opened = method == "GET" and headers.get("Sec-Fetch-Mode") == "navigate"
    if headers.get("Sec-Fetch-Site") == "cross-site" and not opened:
        return "The sandbox refuses requests from web pages on other servers."
    return None


def _known(url: str, port: int, hosts: Collection[str]) -> bool:
    """Return whether an address has one of the sandbox's host names; the port may differ, e.g. behind a proxy."""
    try:
        parts = urlsplit(url)
        host, own_port = (parts.hostname or "").rstrip("."), parts.port == port
    except ValueError:
        return False
    if not host or parts.scheme not in ("http", "https", "ws", "wss"):
        return False
    if host in hosts or host == "localhost" or host.endswith(".localhost") or _is_loopback(host):
        return True
    # Requests for such a name arrive only through a proxy configured for it, which has its own port.
    return host.endswith(_RESERVED) and not own_port


def _is_address(netloc: str) -> bool:
    # Only names, not addresses, can be made to resolve to another machine.
    try:
        ipaddress.ip_address(urlsplit(f"//{netloc}").hostname or "")
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
