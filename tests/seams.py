"""Raises at every `await` of given modules: their functions are compiled again with each one wrapped."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType, ModuleType
from typing import Any, Literal


class Boom(Exception):
    """Raised where nothing expects it."""


class Seams:
    """The places where the modules wait, and one of them that raises.

    Attributes:
        places: by number, as ``module:line module: await …``.
        hits: how often each was passed.
    """

    def __init__(self, modules: list[ModuleType]) -> None:
        self.places: dict[int, str] = {}
        self.hits: Counter[int] = Counter()
        self._armed: int | None = None
        self._when: Literal["before", "after"] = "before"
        self._modules = modules
        self._codes: list[tuple[FunctionType, CodeType]] = []

    @property
    def armed(self) -> bool:
        """Whether the chosen place has not raised yet."""
        return self._armed is not None

    def arm(self, number: int, when: Literal["before", "after"]) -> None:
        """Lets one place raise the next time it is passed, before or after what is awaited there."""
        self._armed, self._when = number, when

    def disarm(self) -> None:
        """Lets no place raise any more."""
        self._armed = None

    async def wait(self, number: int, awaitable: Any) -> Any:
        """Wraps what is awaited."""
        self.hits[number] += 1
        if self._armed == number and self._when == "before":
            self._armed = None
            if inspect.iscoroutine(awaitable):
                awaitable.close()
            raise Boom(self.places[number])
        value = await awaitable
        if self._armed == number and self._when == "after":
            self._armed = None
            raise Boom(self.places[number])
        return value

    @contextmanager
    def installed(self) -> Iterator[Seams]:
        """Compiles the modules anew, and puts the old code back at the end."""
        for module in self._modules:
            self._install(module)
        try:
            yield self
        finally:
            for function, code in self._codes:
                function.__code__ = code
            for module in self._modules:
                vars(module).pop("__seam__", None)

    def _install(self, module: ModuleType) -> None:
        file = inspect.getsourcefile(module)
        assert file is not None
        tree = _Wrapper(self, module.__name__).visit(ast.parse(inspect.getsource(module), file))
        ast.fix_missing_locations(tree)
        codes = dict(_codes(compile(tree, file, "exec", dont_inherit=True, flags=_flags(module))))
        vars(module)["__seam__"] = self.wait
        for function in _functions(module):
            new = codes.get(function.__qualname__)
            if new is not None and new.co_freevars == function.__code__.co_freevars:
                self._codes.append((function, function.__code__))
                function.__code__ = new


class _Wrapper(ast.NodeTransformer):
    def __init__(self, seams: Seams, name: str) -> None:
        self._seams = seams
        self._name = name

    def visit_Await(self, node: ast.Await) -> ast.AST:
        self.generic_visit(node)
        number = len(self._seams.places)
        self._seams.places[number] = f"{self._name}:{node.lineno} {self._name.rpartition('.')[2]}: {ast.unparse(node)}"
        seam = ast.Call(ast.Name("__seam__", ast.Load()), [ast.Constant(number), node.value], [])
        return ast.copy_location(ast.Await(ast.copy_location(seam, node)), node)


def _flags(module: ModuleType) -> int:
    annotations = vars(module).get("annotations")
    return getattr(annotations, "compiler_flag", 0)


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant.co_qualname, constant
            yield from _codes(constant)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    for value in vars(module).values():
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            yield value
        elif inspect.isclass(value) and value.__module__ == module.__name__:
            for member in vars(value).values():
                inner = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
                if inspect.isfunction(inner):
                    yield inner
