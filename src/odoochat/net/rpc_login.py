"""Checks logins over RPC: an API key opens no session, and may have been passed as a password."""

from __future__ import annotations

from typing import Any

from odoochat.core.retry import passing
from odoochat.errors import Blocked, LoginError, NotFound, ProtocolError, ServerFault, Unreachable
from odoochat.net.failures import is_closed
from odoochat.net.http import Http
from odoochat.net.rpc import call_common, call_route
from odoochat.net.version import no_database
from odoochat.secret import Secret
from odoochat.wire.envelopes import jsonrpc

__all__ = ["uid_over_rpc"]


async def uid_over_rpc(http: Http, db: str, login: str, secret: Secret) -> int:
    """Fetch the uid over RPC; 0 if the login is refused (wrong password, second factor).

    Args:
        http: client for the server.
        db: the database.
        login: the login name.
        secret: the password or API key.

    Raises:
        NotFound: the database does not exist.
        LinkError, ProtocolError, ServerFault: the server offers no RPC, or failed without saying anything about the
            login.
    """
    try:
        uid = await _authenticate_over_rpc(http, db, login, secret)
    except NotFound as error:
        if "database" in str(error):
            raise NotFound("database", await no_database(http, db)) from None
        return 0
    except (ServerFault, LoginError) as error:
        if passing(error):
            raise
        return 0
    return uid if isinstance(uid, int) and not isinstance(uid, bool) else 0


async def _authenticate_over_rpc(http: Http, db: str, login: str, secret: Secret) -> Any:
    """Check a login over XML-RPC or, if the server does not offer it, over JSON-RPC."""
    try:
        return await call_common(http, "authenticate", db, login, secret, {})
    except (Blocked, ProtocolError, Unreachable) as error:
        if not (isinstance(error, Unreachable) or is_closed(error)):
            raise
        params = jsonrpc.service("common", "authenticate", [db, login, secret, {}])
        try:
            return await call_route(http, "/jsonrpc", params)
        except Unreachable:  # some proxies close the connection to refuse a path
            raise error from None
        except (Blocked, ProtocolError) as other:
            raise (error if is_closed(other) else other) from None
