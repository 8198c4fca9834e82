"""Odoo's JSON envelopes: JSON-RPC for routes and ``/jsonrpc``, JSON-2, and their errors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

import msgspec

from odoochat import errors
from odoochat.secret import Secret
from odoochat.wire.content.sanitize import safe_text
from odoochat.wire.values import is_object

__all__ = [
    "MAX_BYTES",
    "decode",
    "json2_body",
    "json2_decode",
    "json2_path",
    "loads",
    "named_error",
    "request",
    "service",
]

MAX_BYTES = 64 * 1024 * 1024
"""Maximum size of a response to decode, in bytes."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_DATABASE = re.compile(r'database "([^"\n]*)" does not exist')
_NO_METHOD = re.compile(r"The method '[^'\n]+' does not exist|type object '\w+(?:\.\w+)+' has no attribute '\w+'")
_NO_MODEL = re.compile(r"'?[a-z]\w*(?:\.\w+)+'?", re.ASCII)
_NO_MODEL_FRAME = re.compile(r"in _call_kw_readonly\n(?:[ ].*\n)+KeyError: '([^'\n]+)'")
"""The start of the traceback of Odoo 19 and later for ``call_kw`` of a missing model; its message names no model."""
_MISSING_OBJECT = re.compile(r"Object \S+ doesn't exist")

_REFUSED = {"UserError", "ValidationError", "RedirectWarning", "UnprocessableEntity", "Warning"}
_NOT_FOUND = {"MissingError", "NotFound"}
_EXPIRED = {"SessionExpiredException", "CheckIdentityException"}


def request(params: Mapping[str, object], id: int | str) -> bytes:
    """Build the body of a POST request to a JSON route.

    Source: odoo/http.py, `JsonRequest` (14.0, 15.0), `JsonRPCDispatcher` (16.0 to 19.0).

    Args:
        params: the route's keyword arguments; bytes are encoded as base64.
        id: request id, echoed in the response.

    Raises:
        UsageError: a value cannot be represented in JSON.
    """
    return _encode({"jsonrpc": "2.0", "method": "call", "params": params, "id": id})


def service(service: str, method: str, args: Sequence[object]) -> dict[str, object]:
    """Build the params for a call through ``/jsonrpc``.

    Source: odoo/addons/base/controllers/rpc.py (14.0 to 18.0), addons/rpc/controllers/jsonrpc.py (19.0).

    Args:
        service: ``common`` or ``object``.
        method: e.g. ``authenticate``, ``execute_kw``.
        args: positional arguments.
    """
    return {"service": service, "method": method, "args": list(args)}


def decode(data: bytes, *, status: int, content_type: str) -> object:
    """Decode the response to `request`.

    A missing ``result`` means None: Odoo 14 to 19 omit the key in that case.

    Args:
        data: the complete response body.
        status: HTTP status; Odoo reports its own errors with 200 and an unknown route with 404.
        content_type: the response's content type, used in error messages.

    Returns:
        The result.

    Raises:
        LoginError, ServerFault: the response contains an error; see `named_error`.
        ProtocolError: the response is too large, is not JSON, or is not from Odoo.
    """
    answer = _read(data, status, content_type)
    if not is_object(answer) or not ("jsonrpc" in answer or "result" in answer or "error" in answer):
        raise errors.ProtocolError(f"HTTP {status}: the response is JSON, but not Odoo's JSON-RPC", data, status=status)
    error = answer.get("error")
    if error is None:
        return answer.get("result")
    if not is_object(error):
        raise errors.ServerFault("", _text(error))
    raise _rpc_error(error)


def json2_path(model: str, method: str) -> str:
    """Build the path for a JSON-2 call.

    Source: addons/rpc/controllers/json2.py (19.0).

    Args:
        model: e.g. ``discuss.channel``.
        method: a method of the model.

    Raises:
        UsageError: a name contains characters other than letters, digits, ``_`` and ``.``.
    """
    for name in (model, method):
        if not _NAME.fullmatch(name):
            raise errors.UsageError(f"{name!r} is not a valid model or method name")
    return f"/json/2/{quote(model)}/{quote(method)}"


def json2_body(ids: Sequence[int] | None, kwargs: Mapping[str, object]) -> bytes:
    """Build the body for a JSON-2 call.

    Args:
        ids: record ids; None for a model-level method, for which the server rejects ``ids`` with 422.
        kwargs: keyword arguments, including ``context``.

    Raises:
        UsageError: a value cannot be represented in JSON.
    """
    return _encode(dict(kwargs) if ids is None else {**kwargs, "ids": list(ids)})


def json2_decode(data: bytes, status: int) -> object:
    """Decode the response to a JSON-2 call; its body is the result.

    Source: addons/rpc/controllers/json2.py, odoo/http.py, `Json2Dispatcher` (19.0).

    Args:
        data: the complete response body.
        status: HTTP status.

    Returns:
        The result.

    Raises:
        BadCredentials: 401; the API key is missing or wrong.
        AccessDenied: 403.
        NotFound: 404; there is no such model or method, or no database is selected.
        Rejected: 422; the method does not accept these arguments.
        LoginError, ServerFault: any other error, mapped by name; see `named_error`.
        ProtocolError: the response is not JSON, e.g. from an older Odoo without the route.
    """
    if status == 404 and b"No database is selected" in data[:4096]:
        raise errors.NotFound(
            "werkzeug.exceptions.NotFound", "The server does not have this database, or the request specifies none."
        )
    answer = _read(data, status, "")
    if 200 <= status < 300:
        return answer
    if not is_object(answer) or not isinstance(answer.get("name"), str):
        raise errors.ProtocolError(f"HTTP {status}: the response is JSON, but not an Odoo error", data, status=status)
    name, message = _text(answer["name"]), _text(answer.get("message"))
    if status == 401:
        raise errors.BadCredentials(message)
    kinds = {403: errors.AccessDenied, 404: errors.NotFound, 422: errors.Rejected}
    if status in kinds:
        raise kinds[status](name, message)
    raise named_error(name, message)


def named_error(name: str, message: str) -> errors.OdooChatError:
    """Return the error for a server exception.

    Source: odoo/exceptions.py; messages observed on Odoo 14 and 19.

    Args:
        name: the exception's dotted name, e.g. ``odoo.exceptions.AccessError``.
        message: its text, without a traceback.

    Returns:
        BadCredentials, SessionExpired, AccessDenied, NotFound, Rejected, or a plain ServerFault.
    """
    message = message.strip()
    short = name.rpartition(".")[2]
    database = _DATABASE.search(message)
    if database and short == "OperationalError":
        return errors.NotFound(name, f'database "{database[1]}" does not exist')
    if short == "KeyError" and _NO_MODEL.fullmatch(message):
        return _no_model(name, message.strip("'"))
    if short in _EXPIRED:
        return errors.SessionExpired(message or "Session expired")
    if short == "AccessDenied":
        return errors.BadCredentials(message or "Access Denied")
    if short == "AccessError":
        missing = message == "Database not found."
        return (errors.NotFound if missing else errors.AccessDenied)(name, message)
    gone = (
        short in _NOT_FOUND
        or (short == "AttributeError" and _NO_METHOD.fullmatch(message))
        or (short == "UserError" and _MISSING_OBJECT.fullmatch(message))
    )
    if gone:
        return errors.NotFound(name, message)
    return (errors.Rejected if short in _REFUSED else errors.ServerFault)(name, message)


def loads(data: bytes | str) -> object:
    """Decode JSON, combining the leniency of the standard library with the speed of msgspec.

    Lone surrogates (``"\\ud800"``) and broken UTF-8 become U+FFFD; integers may be of any size.

    Args:
        data: the JSON text.

    Raises:
        ValueError: the data is not JSON, or is nested too deeply.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError):
        pass
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    try:
        return _mended(json.loads(text.removeprefix("\ufeff")), "\ufffd")
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _read(data: bytes, status: int, content_type: str) -> object:
    if len(data) > MAX_BYTES:
        raise errors.ProtocolError(f"HTTP {status}: the response is too large ({len(data)} bytes)", data, status=status)
    try:
        return loads(data)
    except ValueError:
        looks = _looks_like(data, content_type)
        message = f"HTTP {status}: expected JSON from Odoo, received {looks}"
        raise errors.ProtocolError(message, data, status=status) from None


def _looks_like(data: bytes, content_type: str) -> str:
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "an empty response"
    if head.startswith(b"<?xml"):
        return "an XML document"
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<title")) or "html" in content_type.lower():
        return "a web page"
    return "invalid JSON" if head[:1] in (b"{", b"[") else "unrecognized content"


def _rpc_error(error: dict[str, Any]) -> errors.OdooChatError:
    raw = error.get("data")
    data: dict[str, Any] = raw if is_object(raw) else {}
    name = _text(data.get("name") or data.get("exception_type"))
    message = (_text(data.get("message")) or _text(error.get("message"))).strip()
    code = error.get("code")
    if code == 100:
        return errors.SessionExpired(message or "Session expired")
    if code == 404:
        frame = _NO_MODEL_FRAME.search(_text(data.get("debug")))
        return _no_model(name, frame[1]) if frame else errors.NotFound(name, message)
    return named_error(name, message)


def _no_model(name: str, model: str) -> errors.NotFound:
    return errors.NotFound(name, f"no model {model!r} on this server")


def _text(value: object) -> str:
    """Return a string or number from the server as text that is safe for a terminal, or "" for any other value."""
    return safe_text(str(value)) if isinstance(value, str | int | float) else ""


def _encode(value: object) -> bytes:
    try:
        try:
            return msgspec.json.encode(value, enc_hook=_revealed)
        except UnicodeEncodeError:
            return msgspec.json.encode(_mended(value, ""), enc_hook=_revealed)
    except (TypeError, ValueError, RecursionError) as error:
        raise errors.UsageError(f"a value cannot be sent as JSON: {error}") from error


def _revealed(value: object) -> str:
    """Return a secret's value. Secrets are revealed only here, so that no intermediate variable ever holds them."""
    if isinstance(value, Secret):
        return _SURROGATE.sub("", value.reveal())
    raise TypeError(f"{type(value).__name__} is not JSON serializable")


def _mended(value: object, mark: str) -> object:
    """Return the value with every lone surrogate in its strings and keys replaced with `mark`."""
    if isinstance(value, str):
        return _SURROGATE.sub(mark, value)
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_mended(key, mark): _mended(item, mark) for key, item in items}
    if isinstance(value, (list, tuple)):
        return [_mended(item, mark) for item in cast("Sequence[object]", value)]
    return value
