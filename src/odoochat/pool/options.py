"""The settings of an account: the arguments of `odoochat.connect`, as the types of `Pool.add`."""

from __future__ import annotations

from odoochat.client.options import CredentialOptions, GuestOptions

__all__ = ["AccountOptions"]


class AccountOptions(GuestOptions, CredentialOptions, total=False):
    """The settings of an account, all optional; see `odoochat.connect` for each.

    Attributes:
        db: the database.
        login: the user's login name.
    """

    db: str | None
    login: str | None
