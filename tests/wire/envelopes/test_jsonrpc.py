"""JSON envelopes: answers recorded from Odoo 14 and 19, and those of servers in front of them."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat import errors
from odoochat.secret import Secret
from odoochat.wire.envelopes import jsonrpc

PAGE = b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"


def answer(name: str, message: str, code: int = 200) -> bytes:
    data = {
        "name": name,
        "debug": "Traceback (most recent call last):\n",
        "message": message,
        "arguments": [],
    }
    return json.dumps(
        {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": "Odoo Server Error", "data": data}}
    ).encode()


def decode(data: bytes, status: int = 200, content_type: str = "application/json") -> object:
    return jsonrpc.decode(data, status=status, content_type=content_type)


def test_request() -> None:
    assert json.loads(jsonrpc.request({"channels": (), "last": 2**40, "x": None}, 7)) == {
        "jsonrpc": "2.0",
        "method": "call",
        "params": {"channels": [], "last": 2**40, "x": None},
        "id": 7,
    }
    assert jsonrpc.service("common", "version", ()) == {"service": "common", "method": "version", "args": []}


def test_lone_surrogates_are_left_out_of_a_request() -> None:
    sent = json.loads(jsonrpc.request({"a\ud800": ["b\udfff", ("😀",)], "n": 2**70}, 1))
    assert sent["params"] == {"a": ["b", ["😀"]], "n": 2**70}


def test_a_secret_is_sent_and_never_shown() -> None:
    sent = json.loads(jsonrpc.request({"password": Secret("pass\ud800word")}, 1))
    assert sent["params"] == {"password": "password"}


def test_a_value_that_json_lacks_is_a_usage_error() -> None:
    loop: list[object] = []
    loop.append(loop)
    for value in (object(), loop):
        with pytest.raises(errors.UsageError):
            jsonrpc.request({"x": value}, 1)


@pytest.mark.parametrize("body", ['{"jsonrpc": "2.0", "id": 1}', '{"jsonrpc": "2.0", "id": 1, "result": null}'])
def test_a_missing_result_is_none(body: str) -> None:
    assert decode(body.encode()) is None


def test_result() -> None:
    assert decode(b'{"jsonrpc": "2.0", "id": null, "result": [false, 12345678901234567890123]}') == [
        False,
        12345678901234567890123,
    ]
    assert decode(b'{"jsonrpc": "2.0", "id": 1, "result": "\\ud800 \\ud83d\\ude00"}') == "\ufffd 😀"


CASES: list[tuple[str, str, int, type[Exception]]] = [
    ("odoo.http.SessionExpiredException", "Session expired", 100, errors.SessionExpired),
    ("odoo.addons.auth_timeout.models.ir_http.CheckIdentityException", "x", 200, errors.SessionExpired),
    ("werkzeug.exceptions.NotFound", "404 Not Found: The requested URL was not found", 404, errors.NotFound),
    ("werkzeug.exceptions.NotFound", "404 Not Found", 0, errors.NotFound),
    ("odoo.exceptions.AccessDenied", "Access Denied", 0, errors.BadCredentials),
    ("odoo.exceptions.AccessError", "You are not allowed to access", 200, errors.AccessDenied),
    ("odoo.exceptions.AccessError", "Database not found.", 0, errors.NotFound),
    ("odoo.exceptions.MissingError", "Record does not exist or has been deleted.", 200, errors.NotFound),
    ("odoo.exceptions.UserError", "Object no.such doesn't exist", 200, errors.NotFound),
    ("odoo.exceptions.UserError", "No.", 200, errors.Rejected),
    ("odoo.exceptions.ValidationError", "No.", 200, errors.Rejected),
    ("odoo.exceptions.RedirectWarning", "No.", 200, errors.Rejected),
    ("builtins.AttributeError", "type object 'mail.channel' has no attribute 'nope'", 200, errors.NotFound),
    ("builtins.AttributeError", "The method 'discuss.channel.nope' does not exist", 0, errors.NotFound),
    ("builtins.AttributeError", "'NoneType' object has no attribute 'xpath'", 200, errors.ServerFault),
    ("builtins.KeyError", "data", 200, errors.ServerFault),
    ("builtins.ValueError", "Invalid field 'nofield' on model 'mail.channel'", 200, errors.ServerFault),
]


@pytest.mark.parametrize(("name", "message", "code", "kind"), CASES)
def test_errors_by_name(name: str, message: str, code: int, kind: type[Exception]) -> None:
    with pytest.raises(errors.OdooChatError) as caught:
        decode(answer(name, message, code))
    assert type(caught.value) is kind
    assert str(caught.value) == message
    if isinstance(caught.value, errors.ServerFault):
        assert caught.value.name == name


NO_PAGE = "404 Not Found: The requested URL was not found on the server."
FRAMES = """Traceback (most recent call last):
  File "odoo/addons/web/controllers/dataset.py", line 18, in _call_kw_readonly
    model_class = request.registry[params['model']]
                  ~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^
  File "odoo/orm/registry.py", line 335, in __getitem__
    return self.models[model_name]
           ~~~~~~~~~~~^^^^^^^^^^^^
KeyError: 'nosuch'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "odoo/addons/web/controllers/dataset.py", line 20, in _call_kw_readonly
    raise NotFound() from e
werkzeug.exceptions.NotFound: 404 Not Found
"""


@pytest.mark.parametrize(
    ("name", "message", "code", "debug", "said"),
    [
        ("builtins.KeyError", "no.such", 200, "", "no model 'no.such' on this server"),
        ("builtins.KeyError", "'no.such'", 200, "", "no model 'no.such' on this server"),
        ("werkzeug.exceptions.NotFound", NO_PAGE, 404, FRAMES, "no model 'nosuch' on this server"),
        ("werkzeug.exceptions.NotFound", NO_PAGE, 404, FRAMES.replace("_call_kw_readonly", "channel"), NO_PAGE),
    ],
)
def test_a_missing_model_is_named(name: str, message: str, code: int, debug: str, said: str) -> None:
    data = {"name": name, "message": message, "debug": debug}
    with pytest.raises(errors.NotFound) as caught:
        decode(json.dumps({"jsonrpc": "2.0", "error": {"code": code, "message": "", "data": data}}).encode())
    assert (str(caught.value), caught.value.name) == (said, name)


@pytest.mark.parametrize(
    "message",
    [
        'FATAL:  database "nodb" does not exist\n',
        'connection to server on socket "/run/.s.PG" failed: FATAL:  database "nodb" does not exist\n',
    ],
)
def test_a_missing_database_is_named(message: str) -> None:
    with pytest.raises(errors.NotFound, match=r'^database "nodb" does not exist$'):
        decode(answer("psycopg2.OperationalError", message))


def test_too_many_login_failures_keeps_its_text() -> None:
    text = "Too many login failures, please wait a bit before trying again."
    with pytest.raises(errors.BadCredentials, match=text):
        decode(answer("odoo.exceptions.AccessDenied", text, 0))


@pytest.mark.parametrize(
    "error",
    ['"x"', "[]", "{}", '{"data": 1}', '{"code": "a", "message": 5, "data": {"name": 1, "message": {}}}'],
)
def test_errors_of_a_strange_shape_are_server_faults(error: str) -> None:
    with pytest.raises(errors.ServerFault):
        decode(b'{"error": ' + error.encode() + b"}")


@pytest.mark.parametrize(
    ("data", "status", "looks"),
    [
        (PAGE, 404, "HTTP 404: expected JSON from Odoo, received a web page"),
        (b"<html><h1>502 Bad Gateway</h1>", 502, "HTTP 502: expected JSON from Odoo, received a web page"),
        (b"<?xml version='1.0'?>", 200, "an XML document"),
        (b"", 200, "received an empty response"),
        (b'{"jsonrpc', 200, "received invalid JSON"),
        (b"Invalid JSON data", 400, "received unrecognized content"),
        (b"\xff\xfe\x00", 200, "received unrecognized content"),
        (b"[1]", 200, "JSON, but not Odoo's"),
        (b'{"message": "no route"}', 404, "JSON, but not Odoo's"),
        (b"[" * 100_000, 200, "received invalid JSON"),
    ],
)
def test_what_is_not_odoos_json_is_named(data: bytes, status: int, looks: str) -> None:
    with pytest.raises(errors.ProtocolError) as caught:
        decode(data, status)
    assert looks in str(caught.value)
    assert caught.value.status == status
    assert len(caught.value.excerpt) <= 80


def test_the_size_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonrpc, "MAX_BYTES", 30)
    assert decode(b'{"jsonrpc":"2.0","result":1}') == 1
    with pytest.raises(errors.ProtocolError, match="too large"):
        decode(b'{"jsonrpc":"2.0","result":"1234"}')
    with pytest.raises(errors.ProtocolError, match="too large"):
        jsonrpc.json2_decode(b'"' + b"x" * 40 + b'"', 200)


@given(st.binary() | st.text().map(str.encode), st.sampled_from([200, 404, 500]))
def test_anything_is_read_or_refused(data: bytes, status: int) -> None:
    for read in (decode, jsonrpc.json2_decode):
        with contextlib.suppress(errors.OdooChatError):
            read(data, status)


def test_json2_request() -> None:
    assert jsonrpc.json2_path("discuss.channel", "message_post") == "/json/2/discuss.channel/message_post"
    assert json.loads(jsonrpc.json2_body((1,), {"body": "x"})) == {"ids": [1], "body": "x"}
    assert json.loads(jsonrpc.json2_body(None, {})) == {}
    for bad in ("a/b", "", "..", "a b", "a?b"):
        with pytest.raises(errors.UsageError):
            jsonrpc.json2_path(bad, "read")


@pytest.mark.parametrize(
    ("status", "name", "message", "kind"),
    [
        (401, "werkzeug.exceptions.Unauthorized", "Invalid apikey", errors.BadCredentials),
        (403, "odoo.exceptions.AccessError", "You are not allowed", errors.AccessDenied),
        (
            403,
            "odoo.exceptions.AccessDenied",
            "Session user does not match the used apikey.",
            errors.AccessDenied,
        ),
        (404, "werkzeug.exceptions.NotFound", "the model 'no.such' does not exist", errors.NotFound),
        (
            422,
            "werkzeug.exceptions.UnprocessableEntity",
            "got an unexpected keyword argument",
            errors.Rejected,
        ),
        (500, "builtins.ValueError", "Those values are not supported: nonsense", errors.ServerFault),
        (500, "odoo.exceptions.MissingError", "gone", errors.NotFound),
    ],
)
def test_json2_errors(status: int, name: str, message: str, kind: type[Exception]) -> None:
    body: dict[str, Any] = {
        "name": name,
        "message": message,
        "arguments": [],
        "context": {},
        "debug": "Traceback",
    }
    with pytest.raises(errors.OdooChatError) as caught:
        jsonrpc.json2_decode(json.dumps(body).encode(), status)
    assert type(caught.value) is kind
    assert str(caught.value) == message


def test_json2_results_and_pages() -> None:
    assert jsonrpc.json2_decode(b"null", 200) is None
    assert jsonrpc.json2_decode(b"[134]", 200) == [134]
    with pytest.raises(errors.ProtocolError, match="HTTP 404: expected JSON from Odoo, received a web page"):
        jsonrpc.json2_decode(PAGE, 404)
    with pytest.raises(errors.NotFound, match="database"):
        jsonrpc.json2_decode(PAGE + b"<p>No database is selected and the requested URL was not found", 404)
    with pytest.raises(errors.ProtocolError, match="HTTP 503"):
        jsonrpc.json2_decode(b"[]", 503)


def test_a_text_that_is_nested_too_deeply_is_refused() -> None:
    for text in ("[" * 200_000, "\ufeff" + "[" * 200_000):  # the second one is decoded by the standard library
        with pytest.raises(ValueError, match="nested too deeply"):
            jsonrpc.loads(text)


def test_a_code_of_404_is_not_found() -> None:
    with pytest.raises(errors.NotFound):
        decode(b'{"error": {"code": 404, "message": "404: Not Found"}}')


HOSTILE = "no\x1b]0;title\x07 \x1b[31mright\u202e\nsecond line\x00\ud800"


def test_texts_of_errors_are_safe_in_a_terminal() -> None:
    body = answer(f"odoo.exceptions.{HOSTILE}", HOSTILE)
    for made in (
        raised(lambda: decode(body)),
        raised(lambda: decode(json.dumps({"error": HOSTILE}).encode())),
        raised(lambda: decode(json.dumps({"error": {"code": 100, "message": HOSTILE}}).encode())),
        raised(lambda: jsonrpc.json2_decode(json.dumps({"name": HOSTILE, "message": HOSTILE}).encode(), 401)),
        raised(lambda: jsonrpc.json2_decode(json.dumps({"name": HOSTILE, "message": ""}).encode(), 422)),
    ):
        assert str(made) == "no right\nsecond line\ufffd"


def raised(call: Callable[[], object]) -> errors.OdooChatError:
    with pytest.raises(errors.OdooChatError) as caught:
        call()
    return caught.value


class Counted(list[object]):
    """A list that counts how many of its elements are looked at."""

    looked = 0

    def __iter__(self) -> Iterator[object]:
        for item in super().__iter__():
            self.looked += 1
            yield item

    def __repr__(self) -> str:
        raise AssertionError("the whole list is shown")


def test_the_excerpt_of_a_large_value_is_made_from_its_beginning() -> None:
    rows = Counted([{"id": number, "name": "x" * 1_000} for number in range(1_000)])
    assert errors.ProtocolError("odd", rows).excerpt.startswith("[{'id': 0, 'name': 'xxxx")
    assert rows.looked < 50


def test_the_excerpt_of_a_deep_value_ends() -> None:
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    assert errors.ProtocolError("odd", deep).excerpt == "[[[[[[[[[…]]]]]]]]]"
    assert errors.ProtocolError("odd", {"a": [None, True, 1.5, "b"]}).excerpt == "{'a': [None, True, 1.5, 'b']}"
    assert errors.ProtocolError("odd", b"<html>").excerpt == "<html>"
