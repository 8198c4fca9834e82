"""Failures: converts exceptions from other libraries, and responses that did not come from Odoo, to odoochat errors."""

from __future__ import annotations

import asyncio
import errno
import http.cookies
import math
import os
import ssl
import sys
import time
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

import aiohttp
from yarl import URL

from odoochat.errors import (
    Blocked,
    BlockedCause,
    ConfigError,
    LinkError,
    OdooChatError,
    ProtocolError,
    RateLimited,
    Rejected,
    TimedOut,
    Unreachable,
    UnreachableCause,
)
from odoochat.wire.content import body

if sys.platform != "win32":
    import resource

__all__ = [
    "CONNECT_SECONDS",
    "FOREIGN",
    "GATEWAY",
    "FileLimit",
    "forget_frames",
    "gateway_errors",
    "is_busy",
    "is_closed",
    "page_words",
    "refusal",
    "retry_after",
    "translate",
    "translated",
    "unavailable",
]

CONNECT_SECONDS = 10.0
LONGEST_WAIT = 86_400.0

FOREIGN = (
    TimeoutError,
    aiohttp.ClientError,
    aiohttp.http.HttpProcessingError,
    http.cookies.CookieError,
    OSError,
    EOFError,
    zlib.error,
    # yarl and aiohttp raise these for malformed headers, e.g. a Location that is not an address.
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
)

_TLS_IN_PLAIN = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER", "PACKET_LENGTH_TOO_LONG")


def translate(error: BaseException, what: str) -> OdooChatError:
    """Convert an error from aiohttp or the operating system, or a timeout, to an odoochat error.

    Args:
        error: the error that was raised.
        what: the server's address, for the message.
    """
    text = (str(error) or type(error).__name__).splitlines()[0][:300]
    match error:
        case OdooChatError():
            return error
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError() | ssl.SSLError():
            return _tls_fault(error, what, text)
        case aiohttp.ConnectionTimeoutError():
            return Unreachable(f"{what}: no connection within {CONNECT_SECONDS:g} s")
        case aiohttp.ClientHttpProxyError():
            return _proxy_refusal(error, what)
        case aiohttp.ClientConnectorError():
            return _unconnected(error, what)
        case aiohttp.WSServerHandshakeError():
            return ProtocolError(
                f"{what} responded to the WebSocket handshake with HTTP {error.status}", status=error.status
            )
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return ConfigError(f"{what} is not a valid address; use one like https://odoo.example.com")
        case asyncio.TimeoutError():
            return TimedOut(f"{what}: timed out waiting for a response")
        case aiohttp.WSMessageTypeError():
            return ProtocolError(f"{what} sent a WebSocket frame that is not text")
        case aiohttp.ClientResponseError():
            if _is_tls(error.message):
                secure = what.replace("http:", "https:", 1)
                return Unreachable(f"{what}: the server speaks https on this port; use {secure}", cause="https")
            # Its message contains the address, which may contain a token.
            return ProtocolError(
                f"{what} sent an invalid HTTP response: {_one_line(error.message)}", status=error.status
            )
        case aiohttp.ServerDisconnectedError():
            return Unreachable(f"{what}: the server closed the connection without responding", sent=True)
        case aiohttp.ClientError() | OSError() | EOFError():
            return Unreachable(f"{what}: the connection was lost: {text}", sent=True)
        case aiohttp.http.HttpProcessingError():
            return ProtocolError(f"{what} sent an invalid HTTP response: {_one_line(error.message)}")
        case ValueError() | TypeError() | LookupError() | ArithmeticError() | http.cookies.CookieError() | zlib.error():
            return ProtocolError(f"{what} sent an invalid response ({type(error).__name__})")
        case _:
            return LinkError(f"{what}: {type(error).__name__}: {text}")


class FileLimit(ConfigError, Unreachable):
    """Raised when a connection cannot be opened because too many files are open.

    The number of open files may drop below the limit later, so messages and links are retried.
    """


def _unconnected(error: aiohttp.ClientConnectorError, what: str) -> OdooChatError:
    """Return the error for a connection that could not be established."""
    cause = error.os_error
    if cause.errno in (errno.EMFILE, errno.ENFILE):
        return FileLimit(f"{what}: no connection: {_file_limit(cause)}", cause="file limit")
    key = getattr(error, "_conn_key", None)
    # aiohttp has no error of its own for a proxy whose name is not found.
    is_unknown = isinstance(error, aiohttp.ClientConnectorDNSError) and key and key.host != URL(what).raw_host
    if isinstance(error, aiohttp.ClientProxyConnectionError) or is_unknown:
        proxy = f" {key.host}:{key.port}" if key is not None else ""
        return Unreachable(f"{what}: no connection to the proxy{proxy}: {_reason(cause)}", cause="proxy")
    if what.startswith("https:") and isinstance(cause, ConnectionResetError):
        plain = what.replace("https:", "http:", 1)
        return Unreachable(
            f"{what}: the server ended the secure connection; if it speaks plain HTTP on this port, use {plain}",
            cause="plain http",
        )
    return Unreachable(f"{what}: no connection: {_reason(cause)}")


def _file_limit(cause: OSError) -> str:
    """Describe the open-file limit that prevents a connection, and how to raise the limit."""
    if cause.errno == errno.ENFILE:
        return "the system limit of open files and sockets is reached (ENFILE, sysctl fs.file-max)"
    limit = "no more" if sys.platform == "win32" else str(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return (
        f"this process may open {limit} files and sockets (RLIMIT_NOFILE), and each account needs one or two; raise "
        "the limit with `ulimit -n`, with LimitNOFILE= in a systemd unit, or with resource.setrlimit"
    )


def _one_line(message: str) -> str:
    """Return a message from the HTTP parser as one line, because the parser puts the bytes on separate lines."""
    return body.safe_line(message[:400])


def _reason(cause: OSError) -> str:
    """Return the system's reason for a failed connection; asyncio's own message would repeat the address."""
    if isinstance(cause, ConnectionError) and cause.errno:
        return os.strerror(cause.errno)
    return cause.strerror or str(cause) or type(cause).__name__


def _tls_fault(error: BaseException, what: str, text: str) -> Unreachable:
    """Return the error for a secure connection that failed, with the cause that OpenSSL's reason indicates."""
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    said = f"{getattr(inner, 'reason', '') or ''} {inner}".upper().replace(" ", "_")
    if rejected := getattr(inner, "verify_message", ""):  # without the numbers and file names of OpenSSL
        text = f"the certificate was rejected: {_one_line(rejected)}"
    cause: UnreachableCause = "tls"
    if any(word in said for word in _TLS_IN_PLAIN):
        cause, text = "plain http", f"this port speaks plain HTTP; use {what.replace('https:', 'http:', 1)}"
    elif "SELF-SIGNED" in said or "SELF_SIGNED" in said or "UNABLE_TO_GET_LOCAL_ISSUER" in said:
        cause, text = "authority", f"{text}; pass its certificate authority as ca_file"
    elif "CERTIFICATE_REQUIRED" in said or "HANDSHAKE_FAILURE" in said:
        text = f"{text}; the server may require a client certificate; pass client_cert"
        cause = "client certificate"
    return Unreachable(f"{what}: the secure connection failed: {text}", cause=cause)


def _is_tls(message: str) -> bool:
    """Return whether an invalid status line is a TLS alert (type 21, version 3)."""
    return "\\x15\\x03" in message or "\x15\x03" in message


def _proxy_refusal(error: aiohttp.ClientResponseError, what: str) -> OdooChatError:
    if error.status == 407:
        return Blocked(
            f"{what}: the proxy requires a login (HTTP 407); use http://user:password@proxy:port",
            status=407,
            cause="proxy login",
        )
    return Blocked(f"{what}: the proxy refused the connection (HTTP {error.status})", status=error.status)


def forget_frames(error: BaseException | None) -> None:
    """Drop the stack frames of an error and its causes, because their variables may contain passwords and cookies."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.__traceback__ = None
        if error.__cause__ is not error.__context__:
            forget_frames(error.__cause__)
        error = error.__context__


@contextmanager
def translated(what: str) -> Generator[None]:
    """Convert errors raised by other libraries in the block to odoochat errors.

    Args:
        what: the server's address, for the message.
    """
    try:
        yield
    except FOREIGN as error:
        if isinstance(error, OdooChatError):
            raise
        translated = translate(error, what)
        forget_frames(error)
        raise translated from None


GATEWAY = (502, 503, 504)
"""Statuses of a proxy that gets no response from Odoo. Odoo itself never sends them."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the ``Retry-After`` delay in seconds, or None if the header is missing.

    The header contains either a number of seconds or a date; a date is compared with the server's clock.
    Source: RFC 9110, 10.2.3.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            then = parsedate_to_datetime(value).timestamp()
            said = headers.get("Date")
            seconds = then - (parsedate_to_datetime(said).timestamp() if said else time.time())
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None


def page_words(page: bytes) -> str:
    """Return a web page's text as one line of at most 200 characters, or "" if the page has no text."""
    text = page[:20_000].decode("utf-8", "replace")
    lines = [line.strip() for line in body.to_text(text).splitlines()]
    return body.safe_line(": ".join(dict.fromkeys(line for line in lines if line)), 200)


def refusal(what: str, status: int, page: bytes, headers: Mapping[str, str]) -> OdooChatError | None:
    """Return the error for a response from a proxy in front of Odoo, or None if Odoo may have sent the response.

    If the status is 401, 403, 407, 413 or 429, or 503 with ``Retry-After``, Odoo did not process the request.

    Args:
        what: the server's address, for the message.
        status: the HTTP status.
        page: the response body.
        headers: the response headers.
    """
    wait = retry_after(headers)
    if status not in (401, 403, 407, 413, 429, 451) and not (status == 503 and wait is not None):
        return None
    if page[:64].lstrip()[:1] in (b"{", b"[") and _is_odoos(page):
        return None
    said = page_words(page)
    quoted = f": {said!r}" if said else ""
    later = f"; try again in {wait:g} s" if wait is not None else ""
    cause: BlockedCause = "refused"
    match status:
        case 429:
            return RateLimited(
                f"{what}: too many requests; the server or a proxy limits their rate (HTTP 429{later})",
                status=429,
                retry_after=wait,
            )
        case 503:
            cause, text = "unavailable", f"{what} is unavailable (HTTP 503{later}){quoted}"
        case 401:
            text = f"{what}: a proxy in front of Odoo requires a login (HTTP 401){quoted}"
        case 407:
            cause = "proxy login"
            text = f"{what}: the proxy requires a login (HTTP 407); use http://user:password@proxy:port"
        case 413:
            return Rejected("too large", f"{what}: the request is larger than the server accepts (HTTP 413)")
        case _:
            text = f"{what}: a proxy or firewall in front of Odoo refused the request (HTTP {status}){quoted}"
    return Blocked(text, status=status, retry_after=wait, cause=cause)


_CLOSED = (401, 403, 404, 405, 410, 451, 501)
"""Statuses for a path that a server or proxy does not offer."""


def is_closed(error: OdooChatError) -> bool:
    """Return whether a request failed because the server does not offer its path, so that another path may work.

    Proxies often refuse ``/xmlrpc``.

    Args:
        error: the error that the request raised.
    """
    return isinstance(error, Blocked | ProtocolError) and error.status in _CLOSED


def is_busy(error: OdooChatError) -> bool:
    """Return whether a server or proxy asks to try again later.

    Args:
        error: the error that the request raised.
    """
    match error:
        case RateLimited() | Blocked(cause="unavailable"):
            return True
        case _:
            return isinstance(error, ProtocolError) and error.status in GATEWAY


def unavailable(what: str, status: int, said: str) -> Blocked:
    """Return the error for a gateway that gets no response from Odoo while it starts or is down.

    Args:
        what: the server's address, for the message.
        status: the HTTP status, one of `GATEWAY`.
        said: the response as one line of text.
    """
    quoted = f": {said!r}" if said else ""
    text = f"{what} is unavailable (HTTP {status}){quoted}; Odoo may be restarting, so try again later"
    return Blocked(text, status=status, cause="unavailable")


@contextmanager
def gateway_errors(what: str) -> Generator[None]:
    """Raise `unavailable` for a gateway's response to requests that may be repeated, such as a login.

    Args:
        what: the server's address, for the message.
    """
    try:
        yield
    except ProtocolError as error:
        if error.status not in GATEWAY:
            raise
        raise unavailable(what, error.status, error.excerpt) from error


def _is_odoos(page: bytes) -> bool:
    """Return whether JSON came from Odoo: from a JSON route or from JSON-2."""
    head = page[:4096]
    return any(key in head for key in (b'"jsonrpc"', b'"name"', b'"debug"', b'"arguments"'))
