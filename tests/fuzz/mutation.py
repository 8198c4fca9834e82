"""Mutations that keep most of a value's structure: of JSON values, of texts with markup, of bytes."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

EDGES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**40, 0.5, -0.0, 1e308,
    "", " ", "0", "id", "\x00", "\x1b[2J", "\u202e", "\U0010eeee", "é" * 300, "x" * 10_000, "2026-13-45 99:99:99",
    "9999-12-31 23:59:59", "http://[::1", "//x:999999/", "<b>", "]]>", [], {}, [None], [[]], {"": None}, [1, 2, 3],
)  # fmt: skip
TOKENS = (
    "<", ">", "</", "/>", "&", "&#0;", "&#x110000;", "&amp;", "<b>", "</b>", "<!--", "-->", "<![CDATA[", "]]>",
    "<a href='javascript:1'>", '<a href="http://[::1">', "<script>", "<ul><li>", "<table>", "<br>", "<pre>", "`", "```",
    "**", "_", "~~", "[", "](", "![", "|", "\n", "\r\n", "\t", "> ", "# ", "1. ", "- ", "\\", '"', "'", "=", "@", ":",
    "\x00", "\ud800", "\ufffe", "\u200d", "\u202e", "😀", "https://a.example/", "<value>", "<int>", "</struct>",
    "<member>", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "csrf_token", "name='csrf_token' value='",
)  # fmt: skip
_PIECES = re.compile(r"<[^<>]{0,80}>|&\w{1,9};|\w+|\s+|.", re.DOTALL)
MOST_NODES = 3_000


def json_value(value: Any, random: Random, *, times: int = 2) -> Any:
    """Return a copy of a JSON value in which up to `times` places differ."""
    changed = copy.deepcopy(value)
    for _ in range(random.randint(1, times)):
        holders = _holders(changed)
        if not holders:
            return random.choice(EDGES)
        _change(random.choice(holders), random)
    return changed


def _holders(value: Any) -> list[Any]:
    """The lists and objects in a value that are not empty, the outermost first."""
    found: list[Any] = []
    waiting = [value]
    while waiting and len(found) < MOST_NODES:
        here = waiting.pop(0)
        if isinstance(here, dict | list) and here:
            found.append(here)
            waiting += here.values() if isinstance(here, dict) else here
    return found


def _change(holder: Any, random: Random) -> None:
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    key, other = random.choice(keys), random.choice(keys)
    match random.randint(0, 6):
        case 0 | 1:
            holder[key] = copy.deepcopy(random.choice(EDGES))
        case 2:
            del holder[key]
        case 3:
            holder[key], holder[other] = holder[other], holder[key]
        case 4:
            holder[key] = [holder[key]] * random.choice((1, 2, 50))
        case 5 if isinstance(holder, list):
            holder += [copy.deepcopy(holder[key])] * random.choice((1, 20))
        case 5:
            holder[str(random.choice(("id", "type", "res_id", "", "__proto__")))] = copy.deepcopy(holder[key])
        case _:
            holder[key] = _retyped(holder[key], random)


def _retyped(value: Any, random: Random) -> Any:
    """The same value in another type."""
    ways: tuple[Callable[[Any], Any], ...] = (str, lambda v: [v], lambda v: {"id": v}, bool, lambda v: [v, str(v)])
    return random.choice(ways)(value)


def text(source: str, random: Random, *, most: int = 200_000) -> str:
    """Return a text with markup in which some tokens differ; at most `most` characters."""
    pieces = _PIECES.findall(source[:most]) or [""]
    for _ in range(random.randint(1, 4)):
        at, other = random.randrange(len(pieces)), random.randrange(len(pieces))
        match random.randint(0, 5):
            case 0:
                pieces[at] = random.choice(TOKENS)
            case 1:
                pieces.insert(at, random.choice(TOKENS))
            case 2:
                del pieces[at]
            case 3:
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 4:
                pieces[at] *= min(random.choice((2, 50, 2_000)), most // max(len(pieces[at]), 1) + 1)
            case _:
                first, last = sorted((at, other))
                pieces[at:at] = pieces[first : last + 1] * random.choice((1, 30))
        if not pieces:
            pieces = [""]
    return "".join(pieces)[:most]


def raw(data: bytes, random: Random) -> bytes:
    """Return bytes of which some are changed, left out or repeated."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(changed) + 1)
        match random.randint(0, 3):
            case 0:
                del changed[at:]
            case 1:
                changed[at : at + 1] = bytes([random.randrange(256)])
            case 2:
                changed[at:at] = random.randbytes(random.choice((1, 4, 64)))
            case _:
                changed[at:at] = changed[at : at + 40] * random.choice((1, 100))
    return bytes(changed)


def json_text(source: str | bytes, random: Random) -> str:
    """Return a JSON document with changes in its values, seldom in its bytes."""
    if random.random() < 0.1:
        whole = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
        return raw(whole, random).decode("utf-8", "replace")
    try:
        value = json.loads(source)
    except (ValueError, RecursionError):
        return text(source if isinstance(source, str) else source.decode("utf-8", "replace"), random)
    return json.dumps(json_value(value, random))
