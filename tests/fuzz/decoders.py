"""Every decoder, fed with made and mutated documents: it returns, or raises an error of odoochat, soon."""

from __future__ import annotations

import gc
import json
import time
import xmlrpc.client
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from odoochat import OdooChatError, render, rich_text
from odoochat.core.state import ClientState
from odoochat.events import Event
from odoochat.model import ChannelInfo, Version
from odoochat.net.pages import form_token
from odoochat.wire.content import body, sanitize
from odoochat.wire.decoders.base import Decoder
from odoochat.wire.envelopes import frames, jsonrpc
from odoochat.wire.envelopes import xmlrpc as envelope
from odoochat.wire.updates import PollsPatch
from odoochat.wire.versions.registry import dialect_for
from tests.fuzz import mutation
from tests.fuzz.figures import Figures, resident
from tests.strategies import MAJORS, make_frame, make_html, make_markdown, make_name, make_page, make_row

RECORDED = Path(__file__).parent.parent / "wire" / "recorded"


@dataclass
class Target:
    """One decoder.

    Attributes:
        make: draws an input.
        feed: hands it to the decoder, and looks at what comes out.
    """

    name: str
    make: Callable[[Random], Any]
    feed: Callable[[Any], object]


class Frames:
    """Frames of the bus, or responses to long polls, all the way to the state and to printed lines.

    Args:
        polled: whether they are responses.
    """

    def __init__(self, *, polled: bool = False) -> None:
        self.polled = polled
        self.texts = [
            json.dumps([row])
            for path in sorted(RECORDED.glob("*.json"))
            for row in json.loads(path.read_text()).values()
        ]
        self.stores: dict[int, ClientState] = {}
        self.dialects = {major: dialect_for(Version(major)) for major in MAJORS}
        self.fed = 0

    def make(self, random: Random) -> tuple[int, str]:
        """Draw a version and a frame."""
        text = make_frame(random) if random.random() < 0.5 else random.choice(self.texts)
        return random.choice(MAJORS), mutation.json_text(text, random) if random.random() < 0.7 else text

    def items(self, text: str, decoder: Decoder) -> Iterable[frames.Item]:
        """Read a frame, or a response with the same rows."""
        if not self.polled:
            return frames.items(text, decoder.posts)
        return decoder.polled.poll(f'{{"result": {text}}}'.encode("utf-8", "replace"), status=200, content_type="")

    def feed(self, given: tuple[int, str]) -> None:
        """Decode a frame, apply what it holds, and print it."""
        major, text = given
        self.fed += 1
        if major not in self.stores or self.fed % 500 == 0:
            self.stores[major] = ClientState()
            self.stores[major].renew([ChannelInfo(1, "general")])
        store = self.stores[major]
        decoder = self.dialects[major].decoder
        for item in self.items(text, decoder):
            if not isinstance(item, frames.Notification):
                continue
            for thing in decoder.decode(item, store):
                if isinstance(thing, PollsPatch):
                    store.polls.apply(thing)
                if isinstance(thing, Event):
                    store.apply(thing, 0.0)
                    json.loads(render.json_line(thing))
                    render.event_line(thing)


def rows(given: tuple[int, Any]) -> None:
    """Read a row of a message and an answer of a route for messages."""
    major, value = given
    dialect, store = dialect_for(Version(major)), ClientState()
    if isinstance(value, dict):
        dialect.rows.messages([value], store)
    dialect.decoder.page_messages(value, store, 1)


def make_rows(random: Random) -> tuple[int, Any]:
    """Draw a version and a row or an answer."""
    made = make_row(random) if random.random() < 0.5 else make_page(random)
    return random.choice(MAJORS), mutation.json_value(made, random) if random.random() < 0.5 else made


def make_answer(random: Random) -> tuple[bytes, int, str]:
    """Draw an answer by JSON-RPC: data, status, content type."""
    known = (
        {"jsonrpc": "2.0", "id": 1, "result": make_page(random)},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 200, "message": "Odoo Server Error", "data": {
            "name": "odoo.exceptions.AccessError", "message": "no", "arguments": ["no"], "debug": ""}}},
        {"error": {"code": 100, "message": "Odoo Session Expired", "data": {"name": "odoo.http.SessionExpiredException"}}},
        {"name": "odoo.exceptions.MissingError", "message": "gone", "arguments": [], "context": {}},
    )  # fmt: skip
    data = mutation.json_text(json.dumps(random.choice(known)), random).encode("utf-8", "surrogatepass")
    kind = random.choice(("application/json", "text/html", "application/json; charset=x", ""))
    return data, random.choice((200, 200, 200, 204, 302, 400, 401, 403, 404, 422, 429, 500, 502)), kind


def answers(given: tuple[bytes, int, str]) -> None:
    """Decode an answer by JSON-RPC and by JSON-2."""
    data, status, kind = given
    try:
        jsonrpc.json2_decode(data, status)
    except OdooChatError as error:
        str(error)
    jsonrpc.decode(data, status=status, content_type=kind)


def make_xml(random: Random) -> bytes:
    """Draw an answer by XML-RPC."""
    value: Any = random.choice(
        ({"a": [1, "x", None, {"b": False}]}, [[1, "é<&"]] * 3, "text", 7, xmlrpc.client.DateTime(0))
    )
    fault = xmlrpc.client.Fault(random.choice((1, 2, 3, 4)), "Traceback …\nodoo.exceptions.AccessError: ('no', None)\n")
    whole = xmlrpc.client.dumps(fault if random.random() < 0.3 else (value,), methodresponse=True, allow_none=True)
    changed = mutation.text(whole, random)
    data = changed.encode("utf-8", "surrogatepass")
    return mutation.raw(data, random) if random.random() < 0.2 else data


def contents(given: str) -> None:
    """Read a body as text, as runs and as HTML."""
    body.read(given)
    body.to_text(given)
    body.is_deleted(given)
    rich_text.page_runs(given)
    body.from_html(given)


def targets() -> list[Target]:
    """All decoders."""
    bus, polls = Frames(), Frames(polled=True)
    return [
        Target("bus frames, all versions", bus.make, bus.feed),
        Target("long polls, all versions", polls.make, polls.feed),
        Target("message rows and pages", make_rows, rows),
        Target("JSON-RPC and JSON-2 answers", make_answer, answers),
        Target("XML-RPC answers", make_xml, envelope.decode),
        Target("HTML bodies", lambda random: mutation.text(make_html(random), random), contents),
        Target(
            "Markdown", lambda random: mutation.text(make_markdown(random), random, most=20_000), body.from_markdown
        ),
        Target("names", make_name, lambda name: (sanitize.safe_text(name), sanitize.safe_line(name))),
        Target("login pages", lambda random: mutation.text(make_html(random) + "csrf_token", random), form_token),
    ]


def run(target: Target, random: Random, *, runs: int, seconds: float) -> Figures:
    """Feed one decoder.

    Args:
        target: the decoder and its inputs.
        random: chooses the inputs.
        runs: inputs at most.
        seconds: the run ends after these.
    """
    figures = Figures(target.name)
    end, begun = time.monotonic() + seconds, time.monotonic()
    memory = 0
    while figures.runs < runs and time.monotonic() < end:
        given = target.make(random)
        before = time.process_time()
        try:
            target.feed(given)
        except OdooChatError:
            figures.refused += 1
        except Exception as error:
            figures.crashed(error, repr(given))
        figures.took(time.process_time() - before, repr(given))
        figures.runs += 1
        if not memory and (figures.runs >= runs / 4 or time.monotonic() > begun + seconds / 4):
            gc.collect()
            memory = resident()
    gc.collect()
    figures.grew(max(resident() - memory, 0) if memory else 0)
    return figures
