"""The XML-RPC envelope: round trips, faults recorded from Odoo 14 and 19, and hostile answers."""

import contextlib
import xmlrpc.client
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat import errors
from odoochat.secret import Secret
from odoochat.wire.envelopes import xmlrpc as wire

plain_text = st.text().map(wire.strip_refused).filter(lambda text: "\r" not in text)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | plain_text | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_text, inner, max_size=4),
    max_leaves=20,
)

TRACEBACK_14 = """Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/modules/registry.py", line 60, in __new__
    return cls.registries[db_name]
KeyError: 'nodb'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/psycopg2/__init__.py", line 127, in connect
    conn = _connect(dsn, connection_factory=connection_factory, **kwasync)
psycopg2.OperationalError: FATAL:  database "nodb" does not exist

"""
TRACEBACK_19 = """Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/service/model.py", line 62, in get_public_method
    raise AttributeError(f"The method '{e}' does not exist")  # noqa: TRY004
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
AttributeError: The method 'discuss.channel.nope' does not exist
"""
NO_NONE = """Traceback (most recent call last):
  File "/usr/lib/python3.9/xmlrpc/client.py", line 534, in dump_nil
    raise TypeError("cannot marshal None unless allow_none is enabled")
TypeError: cannot marshal None unless allow_none is enabled
"""
BAD_ID = """Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/sql_db.py", line 433, in execute
    self._obj.execute(query, params)
psycopg2.errors.InvalidTextRepresentation: invalid input syntax for type integer: "x"
LINE 1: ..." FROM "res_partner" WHERE "res_partner"."id" IN ('x') AND (...
                                                             ^

"""


def answer(value: Any) -> bytes:
    return xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True).encode()


def raw(inner: str) -> bytes:
    return f"<?xml version='1.0'?><methodResponse>{inner}</methodResponse>".encode()


def fault(code: int | str, text: str) -> bytes:
    return xmlrpc.client.dumps(xmlrpc.client.Fault(code, text), methodresponse=True).encode()  # type: ignore[arg-type]


@given(values)
def test_what_is_encoded_arrives(value: Any) -> None:
    (got,), method = xmlrpc.client.loads(wire.encode("execute_kw", (value,)))
    assert (got, method) == (value, "execute_kw")


@given(values)
def test_a_result_is_read(value: Any) -> None:
    assert wire.decode(answer(value)) == value


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_makes_a_well_formed_call(text: str) -> None:
    pair: Any = xmlrpc.client.loads(wire.encode("x", ((text, {text: 1}),)))[0][0]
    got, more = pair
    clean = wire.strip_refused(text)
    assert got == clean.replace("\r\n", "\n").replace("\r", "\n")
    assert list(more.values()) == [1]


def test_control_characters_and_lone_surrogates_are_left_out() -> None:
    assert wire.strip_refused("a\x00\x0b\x1b\ud800\udfff\ufffe\uffffb\t\n😀") == "ab\t\n😀"


def test_bytes_go_as_base64_and_enums_as_numbers() -> None:
    class Number(IntEnum):
        ONE = 1

    data = wire.encode("x", (b"\x00\xff", Number.ONE, frozenset((2,))))
    assert xmlrpc.client.loads(data, use_builtin_types=True)[0] == (b"\x00\xff", 1, [2])


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**63, pytest.param(1 << 20_000, id="huge")])
def test_large_integers_are_refused_with_the_mend(number: int) -> None:
    with pytest.raises(errors.UsageError, match="rpc=.jsonrpc.") as caught:
        wire.encode("execute_kw", ("db", [{"last": number}]))
    if number < 2**200:
        assert str(number) in str(caught.value)


@pytest.mark.parametrize("value", [datetime.now(UTC), object(), {1: 2}, {None: 1}])
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(errors.UsageError):
        wire.encode("execute_kw", (value,))


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(errors.UsageError):
        wire.encode("execute_kw", loop)


def test_a_secret_is_sent_and_never_shown() -> None:
    data = wire.encode("login", (Secret("pass\x00word"),))
    assert xmlrpc.client.loads(data)[0] == ("password",)


@pytest.mark.parametrize("method", ["", "a<b", "a b", "x&y"])
def test_a_method_is_a_name(method: str) -> None:
    with pytest.raises(errors.UsageError):
        wire.encode(method, ())


FAULTS: list[tuple[int | str, str, type[Exception], str]] = [
    (3, "Access Denied", errors.BadCredentials, "Access Denied"),
    ("AccessDenied", "Access Denied", errors.BadCredentials, "Access Denied"),
    (4, "Private methods (such as _x) cannot be called remotely.", errors.AccessDenied, "Private methods"),
    ("warning -- AccessError\n\nNo right", "", errors.AccessDenied, "No right"),
    (2, "Object mail.channel doesn't exist", errors.NotFound, "Object mail.channel doesn't exist"),
    (
        2,
        "Record does not exist or has been deleted.\n(Record: discuss.channel(999,), User: 6)",
        errors.NotFound,
        "Record does not exist",
    ),
    (2, "Der Datensatz fehlt.\n(Datensatz: mail.channel(9,), Benutzer: 6)", errors.NotFound, "Der Datensatz"),
    (2, "This is not allowed.", errors.Rejected, "This is not allowed."),
    ("warning -- ValidationError\n\nToo long", "", errors.Rejected, "Too long"),
    (1, TRACEBACK_14, errors.NotFound, 'database "nodb" does not exist'),
    ("FATAL", TRACEBACK_14, errors.NotFound, 'database "nodb" does not exist'),
    (1, TRACEBACK_19, errors.NotFound, "The method 'discuss.channel.nope' does not exist"),
    (1, BAD_ID, errors.ServerFault, 'invalid input syntax for type integer: "x"\nLINE 1:'),
    (1, "no traceback", errors.ServerFault, "no traceback"),
    (1, "", errors.ServerFault, ""),
    (17, "what", errors.ServerFault, "what"),
    ("2", "This is not allowed.", errors.Rejected, "This is not allowed."),
    ("3", "", errors.BadCredentials, "Access Denied"),
    (
        1,
        'Traceback:\n  File "x.py", line 1, in f\n    f()\n-- no exception --',
        errors.ServerFault,
        "-- no exception --",
    ),
]


@pytest.mark.parametrize(("code", "text", "kind", "shown"), FAULTS)
def test_faults(code: int | str, text: str, kind: type[Exception], shown: str) -> None:
    error = wire.fault_error(code, text)
    assert type(error) is kind
    assert str(error).startswith(shown)
    assert "Traceback" not in str(error)
    with pytest.raises(kind):
        wire.decode(fault(code, text))


def test_a_fault_keeps_the_exceptions_name() -> None:
    error = wire.fault_error(1, BAD_ID)
    assert isinstance(error, errors.ServerFault)
    assert error.name == "psycopg2.errors.InvalidTextRepresentation"
    missing = wire.fault_error(1, TRACEBACK_19)
    assert isinstance(missing, errors.ServerFault)
    assert missing.name == "builtins.AttributeError"


@given(st.integers() | st.text(), st.text())
def test_any_fault_has_a_meaning(code: int | str, text: str) -> None:
    assert isinstance(wire.fault_error(code, text), errors.OdooChatError)


def test_the_fault_of_none_is_none_for_the_call_was_done() -> None:
    assert wire.decode(fault(1, NO_NONE)) is None
    assert wire.decode(raw("<params><param><value><nil/></value></param></params>")) is None


def test_control_characters_in_an_answer_are_skipped() -> None:
    body = "<params><param><value><string>a\x0bb&#27;c&#x1;d&#10;e</string></value></param></params>"
    assert wire.decode(raw(body)) == "abcd\ne"


def test_broken_utf8_is_read() -> None:
    data = raw("<params><param><value><string>aXb</string></value></param></params>").replace(b"X", b"\xff")
    assert wire.decode(data) == "a\ufffdb"


BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    + "".join(f'<!ENTITY c{n} "&c{n - 1};&c{n - 1};&c{n - 1};&c{n - 1};">' for n in range(1, 30))
    + "]>"
)


@pytest.mark.parametrize(
    "data",
    [
        f"<?xml version='1.0'?>{BOMB}<methodResponse><params><param><value>&c29;</value></param></params>"
        "</methodResponse>",
        "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><methodResponse/>",
        "<methodResponse><!ENTITY x 'y'></methodResponse>",
    ],
)
def test_entities_are_refused_before_parsing(data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_load", lambda text: pytest.fail("parsed"))
    with pytest.raises(errors.ProtocolError, match="DOCTYPE"):
        wire.decode(data.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7"])
def test_entities_do_not_hide_in_another_encoding(encoding: str) -> None:
    data = f"<?xml version='1.0' encoding='{encoding}'?><!DOCTYPE x [<!ENTITY a 'b'>]><methodResponse/>"
    with pytest.raises(errors.ProtocolError):
        wire.decode(data.encode(encoding))


def test_the_size_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    data = answer("x" * 100)
    assert wire.decode(data) == "x" * 100
    monkeypatch.setattr(wire, "MAX_BYTES", len(data) - 1)
    with pytest.raises(errors.ProtocolError, match="too large"):
        wire.decode(data)


@pytest.mark.parametrize("depth", [200, 100_000])
def test_deep_nesting_does_no_harm(depth: int) -> None:
    inner = "<value><array><data>" * depth + "</data></array></value>" * depth
    with pytest.raises(errors.ProtocolError, match="nested"):
        wire.decode(raw(f"<params><param>{inner}</param></params>"))


def test_ordinary_nesting_is_read() -> None:
    value: list[object] = []
    for _ in range(50):
        value = [value]
    assert wire.decode(answer(value)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<",
        b"no xml",
        b"<html><body>502</body></html>",
        b"<methodCall><methodName>x</methodName><params/></methodCall>",
        b"<methodResponse/>",
        raw("<params/>"),
        raw("<params><param><value><int>x</int></value></param></params>"),
        raw("<params><param><value><int>1</int></value></param><param><value>2</value></param></params>"),
        raw("<params><param><value><boolean>2</boolean></value></param></params>"),
        raw("<params><param><value><dateTime.iso8601>x</dateTime.iso8601></value></param></params>"),
        raw("<params><param><value><bigdecimal>x</bigdecimal></value></param></params>"),
        raw("<params><param><value><struct><member><name>a</name></member></struct></value></param></params>"),
        raw("<fault><value>x</value></fault>"),
        raw("<fault><value><struct/></value></fault>"),
        raw("<fault/>"),
        raw("</params>"),
    ],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(errors.ProtocolError) as caught:
        wire.decode(data)
    assert len(caught.value.excerpt) <= 80


def test_a_web_page_is_called_one() -> None:
    with pytest.raises(errors.ProtocolError, match="a web page"):
        wire.decode(b"<!doctype html>\n<html lang=en><title>404 Not Found</title>")


TAGS = [
    "params",
    "param",
    "value",
    "int",
    "i4",
    "string",
    "boolean",
    "double",
    "array",
    "data",
    "struct",
    "member",
    "name",
    "fault",
    "nil",
    "base64",
]
pieces = st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ["1", "x", "<nil/>"])


@given(st.lists(pieces, max_size=12).map("".join) | st.text())
def test_anything_is_read_or_refused(inner: str) -> None:
    for data in (raw(inner), inner.encode("utf-8", "replace")):
        with contextlib.suppress(errors.OdooChatError):
            wire.decode(data)


@given(st.lists(st.sampled_from(TAGS), max_size=8), st.sampled_from(["", "1", "x", " "]))
def test_any_nesting_is_read_or_refused(tags: list[str], text: str) -> None:
    inner = "".join(f"<{tag}>" for tag in tags) + text + "".join(f"</{tag}>" for tag in reversed(tags))
    with contextlib.suppress(errors.OdooChatError):
        wire.decode(raw(inner))


def test_the_text_of_a_fault_is_safe_in_a_terminal() -> None:
    for code in (1, 2, 3, 4, "warning -- UserError"):
        error = wire.fault_error(code, "no\x1b]0;title\x07 \x1b[31mright\u202e")
        assert str(error) == "no right"
