"""Odoo's XML-RPC envelope: encodes calls, decodes results and faults."""

from __future__ import annotations

import binascii
import re
import xmlrpc.client
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NoReturn, cast
from xml.parsers import expat

from odoochat import errors
from odoochat.secret import Secret
from odoochat.wire.content.sanitize import safe_text
from odoochat.wire.envelopes.jsonrpc import named_error

__all__ = ["MAX_BYTES", "MAX_DEPTH", "decode", "encode", "fault_error", "strip_refused"]

MAX_BYTES = 64 * 1024 * 1024
"""Maximum size of a response to decode, in bytes."""

MAX_DEPTH = 512
"""Maximum element depth to decode; each nested list or struct takes three or four levels."""

_BITS = 2**31
_METHOD = re.compile(r"[\w.:/]+", re.ASCII)
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NO_NONE = "cannot marshal None unless allow_none is enabled"
_FRAME = re.compile(r'^  File "', re.MULTILINE)
_EXCEPTION = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*)(?:: ?|$)", re.ASCII | re.MULTILINE)
_MISSING = re.compile(r"Record does not exist|\([^():\n]+: [a-z_][\w.]*\(\d[\d, ]*\), [^():\n]+: \d+\)")
_NO_OBJECT = re.compile(r"Object \S+ doesn't exist")

_UNREADABLE = (
    expat.ExpatError,
    xmlrpc.client.Error,
    binascii.Error,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


def strip_refused(text: str) -> str:
    """Remove characters that XML 1.0 does not allow: control characters, lone surrogates, U+FFFE and U+FFFF.

    Args:
        text: any text.
    """
    return _REFUSED.sub("", text)


def encode(method: str, params: Sequence[object]) -> bytes:
    """Build the body of a POST request to ``/xmlrpc/2/common`` or ``/xmlrpc/2/object``.

    Args:
        method: a method of the service, e.g. ``execute_kw``.
        params: positional arguments: None, bool, int, float, str, bytes, and lists (tuples, sets) and dicts of these.
            Characters that XML does not allow are removed.

    Raises:
        UsageError: an int does not fit in 32 bits, a value has an unsupported type, or a value contains itself.
    """
    if not _METHOD.fullmatch(method):
        raise errors.UsageError(f"{method!r} is not a valid method name")
    try:
        # The cleaned values may include a password, so they are not kept in a variable.
        return xmlrpc.client.dumps(tuple(_outgoing(value) for value in params), method, allow_none=True).encode("utf-8")
    except RecursionError as error:
        raise errors.UsageError("a value is nested too deeply for XML-RPC") from error


def _outgoing(value: Any) -> Any:
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, Secret):
        return strip_refused(value.reveal())
    if isinstance(value, str):
        return strip_refused(str(value))
    if isinstance(value, int):
        if not -_BITS <= value < _BITS:
            shown = hex(value) if value.bit_length() > 256 else str(value)
            raise errors.UsageError(f"{shown:.40} does not fit in a 32-bit XML-RPC integer; use rpc='jsonrpc'")
        return int(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, Mapping):
        items = cast("Mapping[object, Any]", value).items()
        return {_key(key): _outgoing(item) for key, item in items}
    if isinstance(value, (list, tuple, AbstractSet)):
        return [_outgoing(item) for item in cast("Sequence[Any]", value)]
    raise errors.UsageError(f"a {type(value).__name__} cannot be sent over XML-RPC: {value!r:.80}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise errors.UsageError(f"XML-RPC keys must be strings, not {key!r:.80}")
    return strip_refused(key)


def decode(data: bytes) -> object:
    """Decode a response.

    The fault "cannot marshal None unless allow_none is enabled" means None: Odoo raises it while writing the response,
    after committing the call (observed on live Odoo 14 and 19 servers; odoo/addons/base/controllers/rpc.py,
    addons/rpc/controllers/xmlrpc.py). Control characters, which Odoo 14 and early Odoo 16 send, are removed if they
    make the response malformed.

    Args:
        data: the complete response body.

    Returns:
        The result.

    Raises:
        LoginError, ServerFault: the response is a fault; see `fault_error`.
        ProtocolError: the response is larger than `MAX_BYTES`, has a DOCTYPE or entities, is nested too deeply, or is
            not XML-RPC.
    """
    if len(data) > MAX_BYTES:
        raise errors.ProtocolError(f"the XML-RPC response is too large ({len(data)} bytes)", data)
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    declaration = _DECLARATION.search(text)
    if declaration:
        _refuse_declaration(text, declaration, data)
    try:
        try:
            result = _load(text)
        except expat.ExpatError:
            mended = strip_refused(_REFERENCE.sub(_reference, text))
            if mended == text:
                raise
            result = _load(mended)
    except xmlrpc.client.Fault as fault:
        _raise_unless_none(fault)
        return None
    except _TooDeep:
        raise errors.ProtocolError("the XML-RPC response is nested too deeply", data) from None
    except _UNREADABLE as error:
        raise errors.ProtocolError(f"the response is not XML-RPC ({_short(error)})", data) from error
    if len(result) != 1:
        raise errors.ProtocolError(f"expected one value in the XML-RPC response, received {len(result)}", data)
    return result[0]


def _refuse_declaration(text: str, found: re.Match[str], data: bytes) -> NoReturn:
    page = text[found.start() : found.start() + 14].lower() == "<!doctype html"
    if page:
        raise errors.ProtocolError("expected XML-RPC from Odoo, received a web page", data)
    raise errors.ProtocolError("the response contains a DOCTYPE or ENTITY, which is not supported", data)


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:120]


def _reference(match: re.Match[str]) -> str:
    point = int(match[1], 16) if match[1] else int(match[2])
    refused = point > 0x10FFFF or _REFUSED.match(chr(point))
    return "" if refused else match[0]


class _TooDeep(Exception):
    """Raised when the response is nested too deeply."""


class _Reader(xmlrpc.client.Unmarshaller):
    """The standard library's reader, with a limit on nesting depth."""

    def __init__(self) -> None:
        super().__init__(use_builtin_types=True)
        self.xml(cast(Any, None), None)  # strings are already str
        self.depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _TooDeep
        super().start(tag, attrs)

    def end(self, tag: str) -> None:
        self.depth -= 1
        super().end(tag)


def _load(text: str) -> tuple[Any, ...]:
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.Parse(text, True)
    if reader.getmethodname() is not None:
        raise ValueError("it is a call, not a response")
    return cast("tuple[Any, ...]", reader.close())


def _raise_unless_none(fault: xmlrpc.client.Fault) -> None:
    code = cast("object", fault.faultCode)  # a response may contain anything
    text = str(fault.faultString)
    shown = code if isinstance(code, (int, str)) else str(code)
    if text.rstrip().endswith(_NO_NONE) or str(shown).rstrip().endswith(_NO_NONE):
        return
    raise fault_error(shown, text)


def fault_error(code: int | str, text: str) -> errors.OdooChatError:
    """Return the error for a fault.

    Source: odoo/addons/base/controllers/rpc.py (14.0 to 18.0), addons/rpc/controllers/xmlrpc.py (19.0).

    Args:
        code: code from ``/xmlrpc/2``: 1 application error (the text is a traceback), 2 warning, 3 access denied, 4
            access error; the old ``/xmlrpc`` sends a string such as ``AccessDenied`` or ``warning -- UserError``.
        text: the fault string.

    Returns:
        BadCredentials, AccessDenied, NotFound, Rejected, or a plain ServerFault, whose message does not include the
        traceback.
    """
    number = _number(code)
    if isinstance(code, str) and number in (2, 4) and not code.strip().isdigit():
        head, _, rest = code.partition("\n\n")
        name, text = head.rpartition(" ")[2], rest or text
    else:
        name = "UserError"
    text = safe_text(text).strip()
    if number == 3:
        return errors.BadCredentials(text or "Access Denied")
    if number == 4:
        return named_error("odoo.exceptions.AccessError", text)
    if number == 2:
        if _NO_OBJECT.fullmatch(text):
            return errors.NotFound("odoo.exceptions.UserError", text)
        if name == "MissingError" or _MISSING.search(text):
            return errors.NotFound("odoo.exceptions.MissingError", text)
        return errors.Rejected(f"odoo.exceptions.{name}", text)
    return named_error(*_exception(text))


def _number(code: int | str) -> int:
    if isinstance(code, int):
        return code
    bare = code.strip()
    if bare in ("1", "2", "3", "4"):
        return int(bare)
    if bare == "AccessDenied":
        return 3
    if bare.startswith("warning -- AccessError"):
        return 4
    return 2 if bare.startswith("warning -- ") else 1


def _exception(text: str) -> tuple[str, str]:
    """Return the name and message of the exception at the end of a traceback."""
    frames = [match.start() for match in _FRAME.finditer(text)]
    if not frames:
        return "", text
    lines = text[frames[-1] :].splitlines()[1:]
    while lines and (not lines[0].strip() or lines[0].startswith(" ")):
        lines.pop(0)
    found = _EXCEPTION.match(lines[0]) if lines else None
    if found is None:
        return "", "\n".join(lines).strip()
    name = found[1] if "." in found[1] else f"builtins.{found[1]}"
    return name, "\n".join([lines[0][found.end() :], *lines[1:]]).strip()
