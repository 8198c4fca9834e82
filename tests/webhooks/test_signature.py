"""The reference library of Standard Webhooks accepts what is signed here."""

from __future__ import annotations

import base64
import time

import pytest
from standardwebhooks import Webhook as Reference
from standardwebhooks import WebhookVerificationError

from odoochat.errors import ConfigError
from odoochat.webhooks.signature import SigningKey, new_secret

BODY = '{"type":"message.posted","data":{"text":"Grüße"}}'.encode()


def test_the_reference_library_accepts_it() -> None:
    secret = new_secret()
    headers = SigningKey(secret).headers("msg_1", BODY, time.time())
    assert Reference(secret.reveal()).verify(BODY, headers)["type"] == "message.posted"


@pytest.mark.parametrize("change", ["body", "id", "timestamp", "secret", "old", "new"])
def test_anything_else_is_refused(change: str) -> None:
    secret, now = new_secret(), time.time()
    age = {"old": -301, "new": 301}.get(change, 0)
    headers = SigningKey(secret).headers("msg_1", BODY, now + age)
    body = BODY + b" " if change == "body" else BODY
    if change == "id":
        headers["webhook-id"] = "msg_2"
    if change == "timestamp":
        headers["webhook-timestamp"] = str(int(now) - 1)
    receiver = Reference((new_secret() if change == "secret" else secret).reveal())
    with pytest.raises(WebhookVerificationError):
        receiver.verify(body, headers)


@pytest.mark.parametrize(
    ("secret", "error"),
    [
        ("hunter2", "must begin with whsec_"),
        ("whsec_***", "not valid base64"),
        ("whsec_" + base64.b64encode(b"short").decode(), "is 5 bytes long; it must be 24 to 64"),
    ],
)
def test_a_wrong_secret_is_explained_and_not_shown(secret: str, error: str) -> None:
    with pytest.raises(ConfigError, match=error) as raised:
        SigningKey(secret)
    assert "hunter2" not in str(raised.value)


def test_no_secret_in_a_repr() -> None:
    secret = new_secret()
    assert secret.reveal()[6:20] not in repr(SigningKey(secret)) + repr(secret)
