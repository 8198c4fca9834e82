"""One call of a model's method, before an envelope is chosen for it."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["Call", "positional"]


class Call(Struct, frozen=True):
    """A method to call and what to call it with.

    Attributes:
        model: e.g. ``discuss.channel``.
        method: a public method of it.
        ids: the records to call it on; None for a method of the model itself (``@api.model``).
        kwargs: its arguments by name.
    """

    model: str
    method: str
    ids: tuple[int, ...] | None = None
    kwargs: dict[str, object] = {}


def positional(call: Call) -> tuple[list[object], dict[str, object]]:
    """The call as ``execute_kw`` (XML-RPC, /jsonrpc) and ``/web/dataset/call_kw`` want it.

    The ids come first. ``create`` takes its values in their place: the server looks into ``args[0]`` to learn
    whether one or many records are made (source: ``odoo/api.py`` ``_call_kw_model_create`` in Odoo 14 to 18,
    ``odoo/service/model.py`` in 19).

    Returns:
        the positional arguments and those by name.
    """
    args: list[object] = []
    kwargs = dict(call.kwargs)
    if call.ids is not None:
        args.append(list(call.ids))
    elif call.method == "create" and "vals_list" in kwargs:
        args.append(kwargs.pop("vals_list"))
    return args, kwargs
