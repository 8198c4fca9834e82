"""What ``odoochat doctor`` suggests for each cause of a network error."""

from __future__ import annotations

from odoochat.errors import Blocked, BlockedCause, NotOdooCause, RateLimited, Unreachable, UnreachableCause

__all__ = ["BLOCKED_MENDS", "LIMITED_MEND", "NOT_ODOO_MENDS", "UNREACHABLE_MENDS", "network_mend"]

LIMITED_MEND = "wait for the time given in the error, and ask for a higher limit for your address"
"""What to do after `odoochat.RateLimited`."""

_SCHEME = "switch between http:// and https:// in the address, or change the port"

UNREACHABLE_MENDS: dict[UnreachableCause, str] = {
    "connection": "check the address, whether the server is running, and whether a firewall blocks it",
    "file limit": "raise the limit of open files of this process",
    "proxy": "check --proxy, ODOOCHAT_PROXY, HTTP_PROXY and HTTPS_PROXY; list hosts without a proxy in NO_PROXY",
    "plain http": _SCHEME,
    "https": _SCHEME,
    "maybe https": "if the server expects https on this port, use https://; otherwise check that it is running",
    "authority": "trust its certificate authority with --ca-file (ODOOCHAT_CA_FILE); --insecure is for tests only",
    "client certificate": "use --client-cert and --client-key (ODOOCHAT_CLIENT_CERT, ODOOCHAT_CLIENT_KEY)",
    "tls": "check the name, date and chain of the certificate",
}
"""What to do, for each cause of `odoochat.Unreachable`."""

BLOCKED_MENDS: dict[BlockedCause, str] = {
    "refused": (
        "use an address that reaches Odoo directly, or ask for access through the proxy; "
        "if a browser shows the login page of a network, log in there first"
    ),
    "proxy login": "set ODOOCHAT_PROXY=http://user:password@proxy:port (an option would show the password)",
    "unavailable": (
        "wait until the maintenance or the restart ends; otherwise check that Odoo is running, "
        "and that the proxy uses its address and port (8069 by default)"
    ),
}
"""What to do, for each cause of `odoochat.Blocked`."""

NOT_ODOO_MENDS: dict[NotOdooCause, str] = {
    "other": (
        "use the Odoo server's address as shown in the browser, up to /web or /odoo; "
        "a proxy must forward /xmlrpc/2 or /web"
    ),
    "https": "use https:// in the address",
    "elsewhere": "use that address if you trust it; if it is the login page of a network, log in there first",
    "unencrypted": "set proxy_mode = True in Odoo, and configure the proxy to send X-Forwarded-Proto",
}
"""What to do, for each cause of `odoochat.NotOdoo`."""


def network_mend(error: Unreachable | Blocked) -> str:
    """Return the fix to suggest for a network error.

    Args:
        error: the error.
    """
    if isinstance(error, RateLimited):
        return LIMITED_MEND
    return UNREACHABLE_MENDS[error.cause] if isinstance(error, Unreachable) else BLOCKED_MENDS[error.cause]
