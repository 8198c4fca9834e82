"""Options: types for the options of ``odoochat.connect``, for functions that forward them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal, TypedDict

from odoochat.client.persistence import StateStore
from odoochat.client.session import Transport
from odoochat.client.timing import Timing
from odoochat.metrics import Metrics
from odoochat.net.credentials import Totp
from odoochat.net.rpc import Envelope
from odoochat.secret import Secret

__all__ = ["CredentialOptions", "GuestOptions", "LoginOptions"]


class GuestOptions(TypedDict, total=False):
    """Options of `odoochat.connect_guest`; see `odoochat.connect`.

    Attributes:
        transport: transport of the live link.
        websocket_paths: additional paths on which a proxy may serve the WebSocket.
        state: path of a file that records which messages were delivered, or a store that keeps the record elsewhere.
        outbox: path of a folder that keeps unsent messages.
        live: whether to open a live link.
        patience: how long `send` retries while the server is unreachable, in seconds.
        timeout: time limit for one HTTP request, in seconds.
        proxy: an HTTP proxy.
        ca_file: file with certificate authorities.
        client_cert: file with the client's certificate.
        client_key: file with its private key.
        verify: False to accept any certificate.
        timing: intervals, for tests.
        metrics: collects the client's metrics.
    """

    transport: Transport
    websocket_paths: Sequence[str]
    state: str | os.PathLike[str] | StateStore | None
    outbox: str | os.PathLike[str] | None
    live: bool
    patience: float | None
    timeout: float
    proxy: str | Secret | None
    ca_file: str | os.PathLike[str] | None
    client_cert: str | os.PathLike[str] | None
    client_key: str | os.PathLike[str] | None
    verify: bool
    timing: Timing | None
    metrics: Metrics | None


class CredentialOptions(TypedDict, total=False):
    """Options of `odoochat.connect` for user logins; see there.

    Attributes:
        password: the user's password.
        api_key: an API key.
        session_id: the cookie of an open session.
        totp: the two-factor code, or a function that returns it.
        rpc: the envelope for model calls.
        archive: whether and where to archive received messages.
        presence: the presence that other users see.
        trusted_device: the cookie of a device that needs no second factor.
    """

    password: str | Secret | None
    api_key: str | Secret | None
    session_id: str | Secret | None
    totp: Totp
    rpc: Envelope | Literal["auto"]
    archive: bool | str | os.PathLike[str]
    presence: Literal["online", "away"] | None
    trusted_device: str | Secret | None


class LoginOptions(GuestOptions, CredentialOptions, total=False):
    """Options of `odoochat.connect` other than the address, the database and the login name; see there."""
