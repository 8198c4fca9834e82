"""Signs webhooks according to the Standard Webhooks specification.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from odoochat.errors import ConfigError
from odoochat.secret import Secret

__all__ = ["PREFIX", "SigningKey", "new_secret"]

PREFIX = "whsec_"
SMALLEST, LARGEST = 24, 64
"""Key lengths that the specification allows, in bytes."""


def new_secret() -> Secret:
    """Return a new secret: ``whsec_`` followed by 32 random bytes in base64."""
    return Secret(PREFIX + base64.b64encode(secrets.token_bytes(32)).decode())


class SigningKey:
    """Signs webhooks with HMAC-SHA256.

    Args:
        secret: ``whsec_`` followed by 24 to 64 bytes in base64.

    Raises:
        ConfigError: the secret is not in this format. The message does not reveal the secret.
    """

    def __init__(self, secret: str | Secret) -> None:
        text = Secret(secret).reveal().strip()
        if not text.startswith(PREFIX):
            raise ConfigError(
                f"the webhook secret must begin with {PREFIX}; generate one with `odoochat webhook secret`"
            )
        try:
            key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            raise ConfigError("the webhook secret is not valid base64; copy it again") from None
        if not SMALLEST <= len(key) <= LARGEST:
            raise ConfigError(f"the webhook secret is {len(key)} bytes long; it must be {SMALLEST} to {LARGEST}")
        self._secret = Secret(base64.b64encode(key).decode())

    def __repr__(self) -> str:
        return "SigningKey(<secret>)"

    def headers(self, webhook_id: str, body: bytes, now: float) -> dict[str, str]:
        """Return the signature headers for a delivery attempt.

        Args:
            webhook_id: the webhook's id, which is the same for every attempt.
            body: the request body.
            now: the time of the attempt, as a Unix timestamp.

        Returns:
            ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``.
        """
        moment = str(int(now))
        signed = f"{webhook_id}.{moment}.".encode() + body
        key = base64.b64decode(self._secret.reveal())
        signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return {"webhook-id": webhook_id, "webhook-timestamp": moment, "webhook-signature": f"v1,{signature}"}
