"""Types for the account settings that `Pool.add` accepts; they mirror `odoochat.connect`."""

from __future__ import annotations

from odoochat.client.options import CredentialOptions, GuestOptions

__all__ = ["AccountOptions"]


class AccountOptions(GuestOptions, CredentialOptions, total=False):
    """Optional settings for an account; see `odoochat.connect` for each one.

    Attributes:
        db: the database.
        login: the user's login name.
    """

    db: str | None
    login: str | None
