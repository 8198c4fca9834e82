"""Measures the structure of src/odoochat against the project's rules: `python tools/structure.py [RULE ...]`.

Each rule has a bound in tools/structure.json, which can only decrease: more findings than the bound are an error, and
`--lower` stores a lower number of findings as the new bound. If you name rules, all of their findings are listed.

Exceptions: dunder methods do not count as methods, and classes from other packages do not count towards the depth of a
class. An argument is public if a name that `odoochat` or `odoochat.sandbox` exports accepts it. The sections of other
docstrings are complete because ruff checks D417 everywhere.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "odoochat"
BOUNDS = Path(__file__).with_suffix(".json")

MODULE_LINES = 400
FUNCTION_LINES = 60
CLASS_METHODS = 25
CLASS_DEPTH = 2
PURE = {"wire", "core", "model", "events", "errors", "render", "rich_text", "emoji", "secret"}
TABLES = ("wire/versions/", "sandbox/versions/")  # what differs between versions is written there
DOCUMENTED = {"_asdict", "_exit", "_fields", "_make", "_replace"}
"""Public names with an underscore, of named tuples and of `os`."""
VERSION_NAMES = {"generation", "major", "version", "server_version", "release", "odoo_version"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Class:
    """A class of the package.

    Attributes:
        bases: names of the base classes, excluding those from other packages, without subscripts and module prefixes.
        methods: names of the functions in its body, excluding dunder methods.
    """

    module: Module
    node: ast.ClassDef
    bases: list[str]
    methods: set[str]


@dataclass
class Module:
    """A parsed module.

    Attributes:
        name: path below src/odoochat with `/`, without suffix.
        private: names with a leading underscore that the module defines or assigns.
    """

    path: Path
    name: str
    text: str
    tree: ast.Module
    classes: list[Class] = field(default_factory=list)
    private: set[str] = field(default_factory=set)

    @property
    def layer(self) -> str:
        """The package or top-level module that the module belongs to."""
        return self.name.split("/")[0]

    def at(self, node: ast.AST) -> str:
        """The place of a node, as `path:line`."""
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


class Package:
    """All modules of the package and the classes in them."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.modules = [parsed(path, source) for path in sorted(source.rglob("*.py"))]
        self.by_name: dict[str, list[Class]] = defaultdict(list)
        for module in self.modules:
            for found in module.classes:
                self.by_name[found.node.name].append(found)

    @property
    def classes(self) -> Iterator[Class]:
        """Every class of the package."""
        return (found for module in self.modules for found in module.classes)

    def bases(self, found: Class) -> list[Class]:
        """The base classes that the package defines. If names are equal, the one in the same module or package."""
        own: list[Class] = []
        for name in found.bases:
            same = [c for c in self.by_name.get(name, []) if c is not found]
            same.sort(key=lambda c: (c.module is not found.module, c.module.layer != found.module.layer))
            own += same[:1]
        return own

    def depth(self, found: Class) -> int:
        """The number of the package's classes in the longest inheritance chain, including the class itself."""
        return 1 + max((self.depth(base) for base in self.bases(found)), default=0)

    def methods(self, found: Class) -> set[str]:
        """Names of its own methods and of those inherited within the package."""
        return found.methods.union(*(self.methods(base) for base in self.bases(found)))

    def is_error(self, found: Class) -> bool:
        """Whether it is an exception."""
        if any(name.endswith(("Error", "Exception", "Warning")) for name in [found.node.name, *found.bases]):
            return True
        return any(self.is_error(base) for base in self.bases(found))


def parsed(path: Path, source: Path) -> Module:
    """Parse a module and collect its classes and private names."""
    text = path.read_text("utf-8")
    module = Module(path, path.relative_to(source).with_suffix("").as_posix(), text, ast.parse(text))
    aliases: dict[str, str] = {}
    foreign: set[str] = set()  # imported from other packages
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            foreign |= {(alias.asname or alias.name).split(".")[0] for alias in node.names} - {"odoochat"}
        elif isinstance(node, ast.ImportFrom) and not node.level and not (node.module or "").startswith("odoochat"):
            foreign |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            aliases |= {alias.asname: alias.name for alias in node.names if alias.asname}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            names = {n.name for n in node.body if isinstance(n, Function)}
            methods = {n for n in names if not (n.startswith("__") and n.endswith("__"))}
            ours = [base for base in node.bases if root(base) not in foreign]
            bases = [aliases.get(plain(base), plain(base)) for base in ours]
            module.classes.append(Class(module, node, bases, methods))
            # Slots and annotated fields define private names as well.
            module.private |= {
                n.target.id for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
            }
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            module.private.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            module.private.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and plain(node.value) == "self":
            module.private.add(node.attr)
    return module


def plain(node: ast.expr) -> str:
    """The last name of an expression: `c` for `a.b.c[d]`."""
    if isinstance(node, ast.Subscript):
        return plain(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def root(node: ast.expr) -> str:
    """The first name of an expression: `a` for `a.b.c[d]`."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


# ------------------------------------------------------------------------------------- rules


def long_modules(package: Package) -> Iterator[str]:
    """Modules of more than 400 lines."""
    for module in package.modules:
        lines = module.text.count("\n")
        if lines > MODULE_LINES:
            yield f"{module.at(module.tree)} has {lines} lines"


def long_functions(package: Package) -> Iterator[str]:
    """Functions of more than 60 lines."""
    for module in package.modules:
        for node in ast.walk(module.tree):
            if isinstance(node, Function) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield f"{module.at(node)} {node.name} has {lines} lines"


def deep_classes(package: Package) -> Iterator[str]:
    """Classes with more than two levels of inheritance in the package, excluding exceptions."""
    for found in package.classes:
        depth = package.depth(found)
        if depth > CLASS_DEPTH and not package.is_error(found):
            yield f"{found.module.at(found.node)} {found.node.name} is {depth} deep"


def large_classes(package: Package) -> Iterator[str]:
    """Classes with more than 25 methods, inherited ones included."""
    for found in package.classes:
        count = len(package.methods(found))
        if count > CLASS_METHODS:
            yield f"{found.module.at(found.node)} {found.node.name} has {count} methods"


def duplicate_classes(package: Package) -> Iterator[str]:
    """Class names that are used more than once; each use after the first counts."""
    for name, found in sorted(package.by_name.items()):
        for again in found[1:]:
            yield f"{again.module.at(again.node)} {name} exists in {found[0].module.name} as well"


def version_comparisons(package: Package) -> Iterator[str]:
    """Comparisons of Odoo versions outside wire and the sandbox; tui/graphics compares terminal versions."""
    yield from comparisons(
        package, lambda m: m.layer not in {"wire", "sandbox"} and not m.name.startswith("tui/graphics/")
    )


def version_comparisons_in_wire(package: Package) -> Iterator[str]:
    """Comparisons of Odoo versions in wire, outside of the tables of the versions."""
    yield from comparisons(package, lambda m: m.layer == "wire" and not m.name.startswith(TABLES))


def version_comparisons_in_sandbox(package: Package) -> Iterator[str]:
    """Comparisons of Odoo versions in the sandbox, outside of the tables of the versions."""
    yield from comparisons(package, lambda m: m.layer == "sandbox" and not m.name.startswith(TABLES))


def comparisons(package: Package, wanted: Callable[[Module], bool]) -> Iterator[str]:
    """Comparisons of something named as a version with a number or constant, or by order, in the given modules."""
    for module in package.modules:
        if not wanted(module):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                ordered = any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
                named = any(is_version(side) for side in sides)
                if named and (ordered or any(is_number(side) for side in sides)):
                    yield f"{module.at(node)} {ast.unparse(node)}"
            elif isinstance(node, ast.Match) and is_version(node.subject):
                yield f"{module.at(node)} match {ast.unparse(node.subject)}"


def is_version(node: ast.expr) -> bool:
    """Whether an expression is named as a version: `version`, `dialect.major`, `int(version)`, `version[0]`."""
    if isinstance(node, ast.Call):
        return len(node.args) == 1 and is_version(node.args[0])
    return plain(node).strip("_") in VERSION_NAMES


def is_number(node: ast.expr) -> bool:
    """Whether an expression is a number, a constant, or a collection of these."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(is_number(item) for item in node.elts)
    if isinstance(node, ast.Name | ast.Attribute):
        return plain(node).isupper()
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def private_access(package: Package) -> Iterator[str]:
    """Uses of `x._y` if the module does not define `_y`, and private names imported from a different module."""
    for module in package.modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "odoochat":
                hidden = [alias.name for alias in node.names if re.match(r"_[^_]", alias.name)]
                yield from (f"{module.at(node)} imports {name}" for name in hidden)
            if not isinstance(node, ast.Attribute) or not re.match(r"_[^_]", node.attr):
                continue
            if plain(node.value) in {"self", "cls"} and isinstance(node.value, ast.Name):
                continue
            if isinstance(node.value, ast.Call) and plain(node.value.func) == "super":
                continue
            if node.attr not in module.private and node.attr not in DOCUMENTED:
                yield f"{module.at(node)} {ast.unparse(node)}"


def clocks(package: Package) -> Iterator[str]:
    """Reads of a clock in the pure layers."""
    for module in package.modules:
        if module.layer not in PURE:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import) and any(alias.name == "time" for alias in node.names):
                yield f"{module.at(node)} imports time"
            elif isinstance(node, ast.ImportFrom) and node.module == "time":
                yield f"{module.at(node)} imports from time"
            elif isinstance(node, ast.Attribute) and is_clock(node):
                yield f"{module.at(node)} {ast.unparse(node)}"


def is_clock(node: ast.Attribute) -> bool:
    """Whether an attribute is the current date or time."""
    return node.attr in {"now", "utcnow", "today"} and plain(node.value) in {"datetime", "date"}


def undocumented_arguments(package: Package) -> Iterator[str]:
    """Arguments of names exported by `odoochat` and `odoochat.sandbox` that no docstring section describes.

    Methods that an exported class inherits within the package count as well.
    """
    homes = exports(package.source)
    for module in package.modules:
        dotted = f"odoochat.{module.name.replace('/', '.')}"
        for node in module.tree.body:
            if isinstance(node, Function) and (dotted, node.name) in homes:
                yield from missing(module, node, node.name, ast.get_docstring(node) or "")
        for found in module.classes:
            if (dotted, found.node.name) not in homes:
                continue
            for node in found.node.body:
                if not isinstance(node, Function) or (node.name.startswith("_") and node.name != "__init__"):
                    continue
                doc = ast.get_docstring(node) or inherited(package, found, node.name)
                if node.name == "__init__":
                    doc += "\n" + (ast.get_docstring(found.node) or "")
                yield from missing(module, node, f"{found.node.name}.{node.name}", doc)


def exports(source: Path) -> set[tuple[str, str]]:
    """Module and name of everything that the two packages export, including base classes."""
    sys.path.insert(0, str(source.parent))
    homes: set[tuple[str, str]] = set()
    for package in (import_module("odoochat"), import_module("odoochat.sandbox")):
        for name in package.__all__:
            value = getattr(package, name)
            for part in getattr(value, "__mro__", [value]):
                if (home := getattr(part, "__module__", "")).startswith("odoochat"):
                    homes.add((home, getattr(part, "__qualname__", name)))
    return homes


def inherited(package: Package, found: Class, name: str) -> str:
    """The docstring of the overridden method, if the base class belongs to the package."""
    for base in package.bases(found):
        for node in base.node.body:
            if isinstance(node, Function) and node.name == name:
                return ast.get_docstring(node) or ""
        if doc := inherited(package, base, name):
            return doc
    return ""


def missing(module: Module, node: Function, name: str, doc: str) -> Iterator[str]:
    """The arguments of a function that its docstring does not describe in a section."""
    if any(plain(d.func if isinstance(d, ast.Call) else d) in {"overload", "setter"} for d in node.decorator_list):
        return
    documented = described(doc)
    given = node.args
    arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    arguments += [a for a in (given.vararg, given.kwarg) if a is not None]
    for argument in arguments:
        if argument.arg not in {"self", "cls"} and not argument.arg.startswith("_") and argument.arg not in documented:
            yield f"{module.at(node)} {name}({argument.arg})"


def described(doc: str) -> set[str]:
    """The names that the sections Args, Attributes and Parameters of a docstring describe."""
    names: set[str] = set()
    for section in re.findall(r"^(?:Args|Attributes):\n((?:[ \t]+.*\n?|\n)+)", doc, re.MULTILINE):
        indent = re.match(r"[ \t]+", section)
        entry = rf"^{indent[0] if indent else '    '}(\*{{0,2}}\w+(?:, \*{{0,2}}\w+)*)(?: \([^)]*\))?:"
        for found in re.findall(entry, section, re.MULTILINE):
            names.update(part.strip(" *") for part in found.split(","))
    _, _, parameters = doc.partition("Parameters\n----------\n")  # what cyclopts reads
    names.update(re.findall(r"^(\w+)\n[ \t]+", parameters, re.MULTILINE))
    return names


RULES: dict[str, Callable[[Package], Iterator[str]]] = {
    "long-modules": long_modules,
    "long-functions": long_functions,
    "deep-classes": deep_classes,
    "large-classes": large_classes,
    "duplicate-classes": duplicate_classes,
    "version-comparisons": version_comparisons,
    "version-comparisons-in-wire": version_comparisons_in_wire,
    "version-comparisons-in-sandbox": version_comparisons_in_sandbox,
    "private-access": private_access,
    "clocks": clocks,
    "undocumented-arguments": undocumented_arguments,
}


def main(arguments: list[str]) -> int:
    """Measure, print a table, and compare it with the bounds.

    Returns:
        1 if a rule has more findings than its bound, otherwise 0.
    """
    lower = "--lower" in arguments
    chosen = [a for a in arguments if not a.startswith("--")]
    if unknown := [c for c in chosen if c not in RULES]:
        print(f"no such rule: {', '.join(unknown)}; there are {', '.join(RULES)}", file=sys.stderr)
        return 2
    bounds: dict[str, int] = json.loads(BOUNDS.read_text("utf-8")) if BOUNDS.exists() else {}
    package = Package(SOURCE)
    found = {name: list(rule(package)) for name, rule in RULES.items()}
    for name in chosen:
        print(*found[name], sep="\n")
    worse = [name for name in RULES if len(found[name]) > bounds.get(name, sys.maxsize)]
    for name, findings in found.items():
        mark = "  worse" if name in worse else ""
        print(f"{name:32} {len(findings):5}  of at most {bounds.get(name, len(findings)):5}{mark}")
    if worse:
        print(f"structure: worse than before; `python tools/structure.py {worse[0]}` lists it", file=sys.stderr)
        return 1
    if lower:
        BOUNDS.write_text(json.dumps({name: len(f) for name, f in found.items()}, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
