"""Each public verb, property and group of the async client has its blocking form, with the same parameters."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import odoochat
from odoochat import sync
from odoochat.sync.handles import ASYNC, HANDLES, LEFT_OUT, RENAMED

STUB = ast.parse((Path(sync.__file__).with_suffix(".pyi")).read_text("utf-8"))
DUNDERS = {"__call__", "__len__", "__iter__", *RENAMED}
CONNECTING = {"connect", "connect_guest"}


def stubbed(name: str) -> dict[str, ast.stmt]:
    """Members of a class in the stub, those of its base classes included."""
    node = next(n for n in STUB.body if isinstance(n, ast.ClassDef) and n.name == name)
    members: dict[str, ast.stmt] = {}
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in sync.__all__:
            members |= stubbed(base.id)
    for item in node.body:
        if isinstance(item, ast.FunctionDef):
            members[item.name] = item
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            members[item.target.id] = item
    return members


def public(kind: type) -> dict[str, object]:
    own = {name: value for part in reversed(kind.__mro__) if part is not object for name, value in vars(part).items()}
    return {
        name: value
        for name, value in own.items()
        if name not in LEFT_OUT and (not name.startswith("_") or (name in DUNDERS and value is not None))
    }


def attributes(kind: type) -> set[str]:
    """What the docstring of a class lists as its attributes."""
    section = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]
    return {
        line.strip().partition(":")[0] for line in section.splitlines() if line.startswith("    ") and line[4] != " "
    }


def parameters(function: object) -> list[tuple[str, object, object]]:
    assert callable(function)
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


def test_every_class_of_the_async_client_has_a_blocking_one():
    with_calls = {
        name
        for name in odoochat.__all__
        if inspect.isclass(kind := getattr(odoochat, name))
        and kind.__module__.startswith("odoochat.client")
        and any(inspect.isfunction(value) and not name.startswith("_") for name, value in vars(kind).items())
    }
    assert with_calls - CONNECTING == {kind.__name__ for kind in ASYNC}
    assert {"connect", "connect_guest", *(kind.__name__ for kind in ASYNC)} == set(sync.__all__)
    for kind in ASYNC:
        assert getattr(sync, kind.__name__) is HANDLES[kind]


@pytest.mark.parametrize("kind", ASYNC, ids=lambda kind: kind.__name__)
def test_every_member_is_there_with_the_same_parameters(kind: type):
    blocking, stub = HANDLES[kind], stubbed(kind.__name__)
    wanted = public(kind)
    assert wanted
    for name, value in wanted.items():
        found, typed = inspect.getattr_static(blocking, RENAMED.get(name, name)), stub[RENAMED.get(name, name)]
        assert isinstance(typed, ast.FunctionDef)
        if isinstance(value, property):
            assert isinstance(found, property), name
            assert [ast.unparse(d) for d in typed.decorator_list] == ["property"], name
            continue
        assert not inspect.iscoroutinefunction(found), name
        if name in ("__anext__", "__aiter__", "__aenter__", "__iter__", "__len__"):
            continue  # no arguments
        assert parameters(found) == parameters(value), name
        if name != "events":  # overloads
            every = [
                *typed.args.posonlyargs,
                *typed.args.args,
                typed.args.vararg,
                *typed.args.kwonlyargs,
                typed.args.kwarg,
            ]
            names = [a.arg for a in every if a is not None]
            assert names == [p[0] for p in parameters(value)], name
    assert attributes(kind) <= set(stub)


def test_connecting_takes_the_same_arguments():
    for name in CONNECTING:
        assert parameters(getattr(sync, name)) == parameters(getattr(odoochat, name))


def test_no_text_speaks_of_async():
    for kind in HANDLES.values():
        for text in [kind.__doc__, *(inspect.getdoc(value) for value in vars(kind).values())]:
            assert "await " not in (text or ""), kind
            assert "async " not in (text or ""), kind


def test_types_are_known():
    """Only `execute`, which returns JSON values, returns Any."""
    returned = {
        f.name: ast.unparse(f.returns)
        for f in ast.walk(STUB)
        if isinstance(f, ast.FunctionDef) and f.returns is not None
    }
    assert [name for name, kind in returned.items() if "Any" in kind] == ["execute"]
    members = stubbed("Channel")
    assert "-> Message" in ast.unparse(members["send"])
    assert "-> Generator[Message, None, None]" in ast.unparse(members["history"])
    assert ast.unparse(members["members"]) == "members: ChannelMembers"


def test_attributes_of_objects_are_handles_as_well(ann: sync.Client):
    for group in ("server", "link", "outbox", "people", "inbox", "files"):
        assert type(getattr(ann, group)).__module__ == "odoochat.sync"
        assert group in dir(ann)
    assert repr(ann.people) == f"<People of {ann!r}>"
    general = ann.channel("general")
    for group in ("members", "typing", "threads", "polls", "settings"):
        assert isinstance(getattr(general, group), tuple(HANDLES.values()))
    with pytest.raises(AttributeError):
        general.nothing  # type: ignore[attr-defined]  # noqa: B018
