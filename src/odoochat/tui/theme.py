"""The chat screen's own themes, and the styles that messages are drawn with."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme

__all__ = ["OWN_THEMES", "Styles", "styles_for", "theme_named"]

OWN_THEMES = {
    "dark": Theme(
        name="dark", primary="#8ab4f8", secondary="#c58af9", accent="#f6ae2d", warning="#fbbc04", error="#f28b82",
        success="#81c995", foreground="#dfe1e5", background="#15171c", surface="#1c1f26", panel="#252932", dark=True,
        variables={"block-cursor-background": "#2d3a52", "block-cursor-foreground": "#ffffff",
                   "input-selection-background": "#3c5a8a"},
    ),
    "light": Theme(
        name="light", primary="#1a56c4", secondary="#7b2cbf", accent="#b35900", warning="#8a6100", error="#b3261e",
        success="#1b7a3d", foreground="#1f2328", background="#ffffff", surface="#f4f6f9", panel="#e6eaf0", dark=False,
        variables={"block-cursor-background": "#d3e2fb", "block-cursor-foreground": "#0b1f44",
                   "input-selection-background": "#b6d0fb"},
    ),
    "contrast": Theme(
        name="contrast", primary="#00ffff", secondary="#ff80ff", accent="#ffff00", warning="#ffff00", error="#ff6060",
        success="#00ff60", foreground="#ffffff", background="#000000", surface="#000000", panel="#101010", dark=True,
        text_alpha=1.0,
        variables={"block-cursor-background": "#0030c0", "block-cursor-foreground": "#ffffff",
                   "input-selection-background": "#0050ff"},
    ),
}  # fmt: skip

_DARK = ("#8ab4f8", "#81c995", "#f6ae2d", "#c58af9", "#78d9ec", "#ff8bcb", "#fcad70", "#a8c7fa")
_LIGHT = ("#1a56c4", "#1b7a3d", "#a04d00", "#7b2cbf", "#00708a", "#b0196b", "#8f3b00", "#3949ab")
_BRIGHT = ("#00ffff", "#00ff60", "#ffff00", "#ff80ff", "#80c0ff", "#ffb060")
_ANSI = ("blue", "green", "yellow", "magenta", "cyan", "bright_blue")


@dataclass(frozen=True)
class Styles:
    """The styles of one theme.

    Attributes:
        authors: for names; each author gets one of them.
        chosen: for the selected message or row.
    """

    authors: tuple[Style, ...]
    text: Style
    dim: Style
    system: Style
    link: Style
    mention: Style
    to_me: Style
    day: Style
    unread: Style
    pending: Style
    failed: Style
    chip: Style
    mine: Style
    quote: Style
    code: Style
    chosen: Style
    found: Style


def theme_named(name: str) -> str:
    """Return the name of an existing theme: the given one, or the dark one.

    Args:
        name: the name.
    """
    return name if name in OWN_THEMES or name in BUILTIN_THEMES else "dark"


def styles_for(theme: Theme) -> Styles:
    """Return the styles that fit a theme.

    Args:
        theme: the theme.
    """
    if theme.ansi:
        return _ansi_look()
    dark = theme.dark
    palette = _BRIGHT if theme.name == "contrast" else _DARK if dark else _LIGHT
    faint = "#c8c8c8" if theme.name == "contrast" else "#8b919c" if dark else "#5f6773"
    panel = theme.panel or ("#252932" if dark else "#e6eaf0")
    chosen = theme.variables.get("block-cursor-background", "#2d3a52" if dark else "#d3e2fb")
    ink = theme.variables.get("block-cursor-foreground") if theme.name == "contrast" else None
    return Styles(
        authors=tuple(Style(color=color, bold=True) for color in palette),
        text=Style(),
        dim=Style(color=faint),
        system=Style(color=faint, italic=True),
        link=Style(color=theme.primary, underline=True),
        mention=Style(color=theme.secondary or theme.primary, bold=True),
        to_me=Style(color=theme.accent or theme.primary, bold=True),
        day=Style(color=faint),
        unread=Style(color=theme.error or "red", bold=True),
        pending=Style(color=faint, italic=True),
        failed=Style(color=theme.error or "red"),
        chip=Style(bgcolor=panel),
        mine=Style(bgcolor=panel, color=theme.primary, bold=True),
        quote=Style(color=faint),
        code=Style(bgcolor=panel, color="#ffffff" if theme.name == "contrast" else "#e5c07b" if dark else "#7a3e00"),
        chosen=Style(bgcolor=chosen, color=ink),
        found=Style(color=theme.accent or theme.primary, bold=True, underline=True),
    )


def _ansi_look() -> Styles:
    return Styles(
        authors=tuple(Style(color=color, bold=True) for color in _ANSI),
        text=Style(),
        dim=Style(dim=True),
        system=Style(dim=True, italic=True),
        link=Style(color="cyan", underline=True),
        mention=Style(color="magenta", bold=True),
        to_me=Style(color="yellow", bold=True),
        day=Style(dim=True),
        unread=Style(color="red", bold=True),
        pending=Style(dim=True, italic=True),
        failed=Style(color="red"),
        chip=Style(reverse=True, dim=True),
        mine=Style(reverse=True),
        quote=Style(dim=True),
        code=Style(color="green"),
        chosen=Style(reverse=True),
        found=Style(color="yellow", bold=True, underline=True),
    )
