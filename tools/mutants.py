"""Compares the surviving mutants of `core` with the explained ones: `python tools/mutants.py [--list]`.

Run it after `mutmut run`, as `make mutants` does. tools/mutants.json explains survivors, identified by the
name of their function and the changed line before and after. An unexplained survivor is an error, because it lacks a
test. `--list` prints the unexplained ones as JSON.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MUTATED = ROOT / "mutants" / "src"
EXPLAINED = Path(__file__).with_suffix(".json")
SURVIVED = {"survived", "no tests", "suspicious"}


def survivors() -> dict[str, list[str]]:
    """Return the names of surviving mutants by module, as listed by mutmut."""
    command = [str(Path(sys.executable).with_name("mutmut")), "results"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = defaultdict(list)
    for line in done.stdout.splitlines():
        name, _, status = line.strip().partition(": ")
        if status in SURVIVED:
            module, _, function = name.rpartition(".")
            found[module].append(function)
    return found


def changes(module: str, functions: list[str]) -> set[str]:
    """Describe mutants by their function and the changed lines, which stay the same when other lines change.

    Args:
        module: dotted name of the mutated module.
        functions: mutmut's names for the module's mutants.
    """
    text = (MUTATED / f"{module.replace('.', '/')}.py").read_text("utf-8")
    lines = text.splitlines()
    bodies = {
        node.name: lines[node.body[0].lineno - 1 : node.end_lineno]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    signatures = {
        node.name: ast.unparse(node.args)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    found: set[str] = set()
    for function in functions:
        original = re.sub(r"__mutmut_\d+$", "__mutmut_orig", function)
        before = [signatures[original], *bodies[original]]
        after = [signatures[function], *bodies[function]]
        changed = [line for line in difflib.ndiff(before, after) if line.startswith(("- ", "+ "))]
        removed = " ".join(line[2:].strip() for line in changed if line.startswith("- "))
        added = " ".join(line[2:].strip() for line in changed if line.startswith("+ "))
        name = re.sub(r"__mutmut_\d+$", "", function).removeprefix("x").replace("ǁ", ".").lstrip("._")
        found.add(f"{module.removeprefix('odoochat.core.')}.{name}: {removed} -> {added}")
    return found


def main(arguments: list[str]) -> int:
    """Print the differences.

    Returns:
        1 if a survivor is not explained, otherwise 0.
    """
    found = set().union(*(changes(module, functions) for module, functions in survivors().items()))
    reasons: dict[str, list[str]] = json.loads(EXPLAINED.read_text("utf-8")) if EXPLAINED.exists() else {}
    explained = {change for group in reasons.values() for change in group}
    new, gone = sorted(found - explained), sorted(explained - found)
    if "--list" in arguments:
        print(json.dumps(new, indent=2, ensure_ascii=False))
        return 0
    for change in new:
        print(f"no test notices: {change}")
    for change in gone:
        print(f"no longer survives; remove it from {EXPLAINED.name}: {change}")
    print(f"{len(found)} mutants survive; {len(found & explained)} are explained, {len(new)} are not")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
