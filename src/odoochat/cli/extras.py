"""Extras: installation commands for optional dependencies."""

from __future__ import annotations

import re
import shlex
import sys

__all__ = ["install_hint"]


def install_hint(extra: str) -> str:
    """Return the command that installs an extra's dependencies for the running Python interpreter.

    The command lists the dependencies instead of ``odoochat[cli]``, because odoochat is not on a package index yet, and
    so that it does not overwrite a version of odoochat that was installed from a file or a repository.

    Args:
        extra: the extra's name, e.g. ``cli``.
    """
    python = shlex.quote(sys.executable or "python")
    wanted = " ".join(f'"{each}"' for each in _needs(extra)) or f'"/path/to/odoochat[{extra}]"'
    return f"{python} -m pip install {wanted}"


def _needs(extra: str) -> list[str]:
    """Return the dependencies of an extra, including those of nested extras."""
    from importlib import metadata  # slow to import, and only needed if a dependency is missing

    try:
        required = metadata.requires("odoochat") or []
    except metadata.PackageNotFoundError:  # run from a source folder
        return []
    found: list[str] = []
    for line in required:
        name, _, marker = line.partition(";")
        system = re.search(r"sys_platform\s*==\s*[\"'](\w+)[\"']", marker)
        if system is not None and system[1] != sys.platform:
            continue
        if re.search(rf"extra\s*==\s*[\"']{re.escape(extra)}[\"']", marker):
            inner = re.match(r"odoochat\[([\w,-]+)\]", name.strip())
            found += [n for e in inner[1].split(",") for n in _needs(e)] if inner else [name.strip()]
    return list(dict.fromkeys(found))
