"""Builds the help text for ``/help`` from docstrings and signatures."""

from __future__ import annotations

import re

from odoochat.bot.commands import Command, CommandTable

__all__ = ["command_help", "overview"]

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Raises|Yields|Example|Examples|Note|Notes):\s*$")
_ITEM = re.compile(r"^\s+\*{0,2}(\w+)(?:\s*\([^)]*\))?:\s*(.*)$")


def overview(table: CommandTable) -> str:
    """Return a list of all commands that are not hidden.

    Args:
        table: the commands.
    """
    prefix = table.shown_prefix
    shown = sorted((command for command in table if not command.hidden), key=lambda command: command.name)
    lines = [_line(prefix + command.name, command.summary) for command in shown]
    lines += ["", f"{prefix}help COMMAND shows the arguments of a command."]
    return "\n".join(lines)


def _line(name: str, summary: str) -> str:
    return f"{name} - {summary}" if summary else name


def group_help(table: CommandTable, name: str) -> str:
    """Return a list of the commands in a group.

    Args:
        table: the commands.
        name: the group's name.
    """
    group = table.groups[name.casefold()]
    inner = [c for c in table if not c.hidden and c.name.casefold().startswith(f"{name.casefold()} ")]
    lines = [_line(table.shown_prefix + group.name, group.help)]
    lines += [_line(table.shown_prefix + c.name, c.summary) for c in sorted(inner, key=lambda c: c.name)]
    return "\n".join(lines)


def command_help(command: Command, prefix: str) -> str:
    """Return a command's usage, description, arguments and aliases.

    Args:
        command: the command.
        prefix: the command prefix.
    """
    description, notes = _parts(command.handler.doc)
    lines = [f"Usage: {command.usage(prefix)}"]
    if description:
        lines += ["", description]
    arguments = command.handler.arguments
    if arguments:
        lines.append("")
    for argument in arguments:
        note = notes.get(argument.name)
        optional = "" if argument.required else ", optional"
        lines.append(
            f"{argument.name}: {note} ({argument.label}{optional})"
            if note
            else f"{argument.name}: {argument.label}{optional}"
        )
    if command.aliases:
        lines += ["", f"Aliases: {', '.join(prefix + name for name in command.names[1:])}"]
    if command.allow is not None:
        lines += ["", f"Only for {command.allow.name}."]
    return "\n".join(lines)


def _parts(doc: str) -> tuple[str, dict[str, str]]:
    """Split a Google-style docstring into its description and its argument descriptions."""
    description: list[str] = []
    notes: dict[str, str] = {}
    section = name = ""
    for line in doc.splitlines():
        if (found := _SECTION.match(line)) is not None:
            section = found[1]
        elif not section:
            description.append(line)
        elif section in ("Args", "Arguments", "Parameters"):
            if (item := _ITEM.match(line)) is not None and len(line) - len(line.lstrip()) <= 4:
                name = item[1]
                notes[name] = item[2].rstrip(".")
            elif name and line.strip():
                notes[name] = f"{notes[name]} {line.strip()}".rstrip(".")
    paragraphs = "\n".join(description).strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs), notes
