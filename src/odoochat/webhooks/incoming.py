"""Parses incoming requests: plain text, JSON or form data."""

from __future__ import annotations

import json
from typing import Any, Literal
from urllib.parse import parse_qs

from msgspec import Struct

from odoochat.wire.values import is_object

__all__ = ["BadRequest", "HookMessage", "parse_incoming"]

LONGEST_TEXT = 20_000


class BadRequest(Exception):
    """Raised when a request cannot be parsed. The message explains why, and what to send instead.

    Attributes:
        status: the HTTP status of the response.
    """

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class HookMessage(Struct, frozen=True):
    """The message to post, as given in a request.

    Attributes:
        text: the text.
        markup: the format of the text.
    """

    text: str
    markup: Literal["text", "markdown"] = "text"


def parse_incoming(content_type: str, body: bytes) -> HookMessage:
    """Parse a request body.

    Args:
        content_type: the media type, without parameters and in lower case; empty if the request has none.
        body: the body, in UTF-8.

    Returns:
        The message to post.

    Raises:
        BadRequest: the body contains no text, is too long, or has an unsupported media type.
    """
    try:
        written = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("the body is not valid UTF-8") from None
    match content_type:
        case "application/json":
            found = _from_json(written)
        case "application/x-www-form-urlencoded":
            found = _from_form(written)
        case "" | "text/plain" | "application/octet-stream":
            found = HookMessage(written)
        case _:
            raise BadRequest("the body must be text/plain, application/json or a form", 415)
    text = found.text.strip("\r\n")
    if not text.strip():
        raise BadRequest("the text is empty")
    if len(text) > LONGEST_TEXT:
        raise BadRequest(f"the text is longer than {LONGEST_TEXT:,} characters", 413)
    return HookMessage(text, found.markup)


def _from_json(written: str) -> HookMessage:
    try:
        values: Any = json.loads(written)
    except (ValueError, RecursionError):
        raise BadRequest('the body is not valid JSON; send {"text": "…"}') from None
    if not is_object(values) or not isinstance(text := values.get("text"), str):
        raise BadRequest('"text" must be a string; send {"text": "…"}')
    markup = values.get("markup", "text")
    if markup not in ("text", "markdown"):
        raise BadRequest('"markup" must be "text" or "markdown"')
    return HookMessage(text, markup)


def _from_form(written: str) -> HookMessage:
    try:
        fields = parse_qs(written, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise BadRequest("the form has too many fields") from None
    texts = fields.get("text")
    if not texts:
        raise BadRequest(
            "the form has no field `text`; use curl --data-urlencode 'text=…', or -H 'Content-Type: text/plain' "
            "with --data-binary"
        )
    return HookMessage(texts[0])
