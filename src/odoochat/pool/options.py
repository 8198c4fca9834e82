"""The settings of an account: the arguments of `odoochat.connect`, as the types of `Pool.add`."""

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

__all__ = ["AccountOptions"]


class AccountOptions(TypedDict, total=False):
    """The settings of an account, all optional; see `odoochat.connect` for each."""

    db: str | None
    login: str | None
    password: str | Secret | None
    api_key: str | Secret | None
    session_id: str | Secret | None
    totp: Totp
    transport: Transport
    rpc: Envelope | Literal["auto"]
    websocket_paths: Sequence[str]
    state: str | os.PathLike[str] | StateStore | None
    outbox: str | os.PathLike[str] | None
    archive: bool | str | os.PathLike[str]
    live: bool
    patience: float | None
    presence: Literal["online", "away"] | None
    timeout: float
    proxy: str | Secret | None
    ca_file: str | os.PathLike[str] | None
    client_cert: str | os.PathLike[str] | None
    client_key: str | os.PathLike[str] | None
    verify: bool
    trusted_device: str | Secret | None
    timing: Timing | None
    metrics: Metrics | None
