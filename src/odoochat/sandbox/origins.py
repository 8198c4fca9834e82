"""Allowed origins: requests of programs and of the sandbox's own pages are answered, those of other pages are not.

A page that is open in the user's browser can send requests to every address of the machine. The browser reveals its
origin: in `Origin`, and for a page that points its own name to 127.0.0.1 (DNS rebinding) in `Host`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

_RESERVED = ".test"  # such a name cannot be registered, so no web page has it. Source: RFC 6761


def refusal(method: str, headers: Mapping[str, str], port: int, hosts: Collection[str]) -> str | None:
    """Return the reason why a request is refused.

    Args:
        method: method of the request.
        headers: headers of the request.
        port: port of the sandbox.
        hosts: additional host names of the sandbox, in lower case.

    Returns:
        A sentence, None when the request is answered.
    """
    name = headers.get("Host", "")
    if name and not _is_address(name) and not _known(f"http://{name}", port, hosts):
        return (
            f"The sandbox does not answer to the host name {name!r}: use 127.0.0.1, or name it by "
            "Sandbox(hosts=…) or odoochat sandbox --allow-host."
        )
    origin = headers.get("Origin")
    own = origin in (f"http://{name}", f"https://{name}")
    if origin is not None and not own and not _known(origin, port, hosts):
        return f"The sandbox does not answer to web pages of other servers (Origin {origin!r})."
    opened = method == "GET" and headers.get("Sec-Fetch-Mode") == "navigate"
    if headers.get("Sec-Fetch-Site") == "cross-site" and not opened:
        return "The sandbox does not answer to web pages of other servers."
    return None


def _known(url: str, port: int, hosts: Collection[str]) -> bool:
    """Return whether the host of an address is the sandbox's, on any port, as a proxy has another port."""
    try:
        parts = urlsplit(url)
        host, own_port = (parts.hostname or "").rstrip("."), parts.port == port
    except ValueError:
        return False
    if not host or parts.scheme not in ("http", "https", "ws", "wss"):
        return False
    if host in hosts or host == "localhost" or host.endswith(".localhost") or _is_loopback(host):
        return True
    # Such a name reaches the sandbox only by a proxy that knows it, which has a port of its own.
    return host.endswith(_RESERVED) and not own_port


def _is_address(netloc: str) -> bool:
    # Only names can be pointed to another machine.
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
