"""Model and field descriptions: the rows of ``ir.model`` and the results of ``fields_get``."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox import errors
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.orm.models import fields_of, kind_of, models_of
from odoochat.sandbox.orm.own_fields import own_model
from odoochat.sandbox.versions.field_types import ATTRIBUTES, MODEL_NAMES, MODELS_FOR_ALL, SELECTIONS, TYPES, FieldType
from odoochat.sandbox.versions.fields import newest

__all__ = ["available_models", "described_fields", "model_rows"]


def model_rows(state: State, uid: int) -> list[Row]:
    """Return the rows of ``ir.model``; not every user may read them."""
    for_all = newest(MODELS_FOR_ALL, state.version) and state.accounts.is_internal(uid)
    if not for_all and not state.accounts.is_admin(uid):
        raise errors.for_group("Models", "ir.model", "Access Rights")
    return _models(state)


def available_models(state: State) -> list[dict[str, str]]:
    """Return the models that employees may read, sorted by name."""
    found = [{"display_name": str(row["name"]), "model": str(row["model"])} for row in _models(state)]
    return sorted((one for one in found if one["model"] != "ir.model"), key=lambda one: one["display_name"])


def _models(state: State) -> list[Row]:
    names = newest(MODEL_NAMES, state.version)
    return [
        {"id": number, "model": model, "name": names[kind], "state": "base", "transient": False, "modules": "mail"}
        for number, (model, kind) in enumerate(sorted(models_of(state).items()), 1)
    ] + [
        {"id": 1000 + number, "model": model, "name": model, "state": "manual", "transient": False, "modules": ""}
        for number, model in enumerate(state.own_models.models)
    ]


def described_fields(state: State, model: str, wanted: Any, attributes: Any) -> dict[str, dict[str, Any]]:
    """Describe a model's fields.

    Args:
        state: the stored data.
        model: the model to describe.
        wanted: field names; empty for all fields. Unknown names are ignored.
        attributes: attributes to include per field; empty for all.
    """
    kind = kind_of(state, model)
    fields, types = fields_of(state, kind), _types(state, kind)
    said = newest(ATTRIBUTES, state.version)
    return {
        name: {
            key: value
            for key, value in _described(state, name, types[name]).items()
            if key in said and (not attributes or key in attributes)
        }
        for name in fields
        if name in types and (not wanted or name in wanted)
    }


def _types(state: State, kind: str) -> dict[str, FieldType]:
    types = newest(TYPES, state.version)
    if (model := own_model(kind)) is None:
        return types[kind]
    own = state.own_models.types(model)
    return types["partner"] | {
        name: FieldType(type_, name.removesuffix("_id").replace("_", " ").title(), to)
        for name, (type_, to) in own.items()
    }


def _described(state: State, name: str, found: FieldType) -> dict[str, Any]:
    flags = found.flags.split()
    facts: dict[str, Any] = {"type": found.type, "string": found.string, "name": name}
    facts |= {flag: flag in flags for flag in ("readonly", "required", "store")}
    if found.relation:
        facts["relation"] = _relation(state, found.relation)
    if found.type == "selection":
        facts["selection"] = [list(pair) for pair in SELECTIONS.get(name, ())]
    return facts


def _relation(state: State, model: str) -> str:
    """Return a related model's name in this version."""
    renamed = {
        "discuss.channel": state.capabilities.channel_model,
        "discuss.channel.member": state.capabilities.member_model,
    }
    return renamed.get(model, model)
