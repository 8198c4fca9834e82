"""Requests: the call of a model's method, and the call of a JSON route, before an envelope is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

__all__ = ["Call", "Route", "positional"]


class Call(Struct, frozen=True):
    """The call of a model's method.

    Attributes:
        model: e.g. ``discuss.channel``.
        method: a public method of the model.
        ids: the records to call it on; None for a method of the model itself (``@api.model``).
        kwargs: arguments by name.
    """

    model: str
    method: str
    ids: tuple[int, ...] | None = None
    kwargs: Mapping[str, object] = {}


class Route(Struct, frozen=True):
    """The call of a JSON route, which needs a session.

    Attributes:
        path: path of the route.
        params: arguments by name.
    """

    path: str
    params: dict[str, Any]


def positional(call: Call) -> tuple[list[object], dict[str, object]]:
    """Return the arguments of a call as ``execute_kw`` (XML-RPC, /jsonrpc) and ``/web/dataset/call_kw`` take them.

    The ids come first. ``create`` takes its values in their place: the server reads ``args[0]`` to find out
    whether one or many records are created. Source: ``odoo/api.py`` ``_call_kw_model_create`` (14.0 to 18.0),
    ``odoo/service/model.py`` (19.0).

    Args:
        call: the call.

    Returns:
        The positional arguments, and the arguments by name.
    """
    args: list[object] = []
    kwargs = dict(call.kwargs)
    if call.ids is not None:
        args.append(list(call.ids))
    elif call.method == "create" and "vals_list" in kwargs:
        args.append(kwargs.pop("vals_list"))
    return args, kwargs
