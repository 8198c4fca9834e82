"""Calls to model methods and JSON routes, independent of the envelope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

__all__ = ["Call", "Route", "positional"]


class Call(Struct, frozen=True):
    """A call to a model method.

    Attributes:
        model: e.g. ``discuss.channel``.
        method: a public method of the model.
        ids: ids of the records to call it on; None for a model-level method (``@api.model``).
        kwargs: keyword arguments.
    """

    model: str
    method: str
    ids: tuple[int, ...] | None = None
    kwargs: Mapping[str, object] = {}


class Route(Struct, frozen=True):
    """A call to a JSON route, which needs a session.

    Attributes:
        path: the route's path.
        params: keyword arguments.
    """

    path: str
    params: dict[str, Any]


def positional(call: Call) -> tuple[list[object], dict[str, object]]:
    """Return a call's arguments in the form expected by ``execute_kw`` (XML-RPC, /jsonrpc) or ``/web/dataset/call_kw``.

    The ids are the first argument. For ``create``, the values come first, because the server checks ``args[0]`` to
    determine whether to create one or many records. Source: ``odoo/api.py`` ``_call_kw_model_create`` (14.0 to 18.0),
    ``odoo/service/model.py`` (19.0).

    Args:
        call: the call to convert.

    Returns:
        The positional arguments and the keyword arguments.
    """
    args: list[object] = []
    kwargs = dict(call.kwargs)
    if call.ids is not None:
        args.append(list(call.ids))
    elif call.method == "create" and "vals_list" in kwargs:
        args.append(kwargs.pop("vals_list"))
    return args, kwargs
