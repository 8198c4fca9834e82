"""The chat screen's own themes, and the styles that they define for messages.

A theme has one accent colour, Textual's "primary", for focus, unread messages and mentions of the user. All other text
has one of three weights: strong, plain or dim. Author colours only serve to distinguish people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from msgspec import Struct
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from odoochat.tui.colours import distinct, mixed, readable

__all__ = ["OWN_THEMES", "Styles", "grounds_of", "message_background", "readable_theme", "styles_for", "theme_named"]

TEXT_CONTRAST = 7.0
DIM_CONTRAST = 4.5
AUTHORS = 8

OWN_THEMES = {
    "dark": Theme(
        name="dark", primary="#8ab4f8", secondary="#8ab4f8", accent="#8ab4f8", warning="#f5b83d", error="#f28b82",
        success="#81c995", foreground="#e3e5e9", background="#15171c", surface="#1b1e25", panel="#242832", dark=True,
        variables={"block-cursor-background": "#2b3a55", "block-cursor-foreground": "#ffffff",
                   "input-selection-background": "#3c5a8a"},
    ),
    "light": Theme(
        name="light", primary="#1a56c4", secondary="#1a56c4", accent="#1a56c4", warning="#7a5200", error="#b3261e",
        success="#17693a", foreground="#1f2328", background="#ffffff", surface="#f5f7fa", panel="#e9edf3", dark=False,
        variables={"block-cursor-background": "#d8e5fb", "block-cursor-foreground": "#0b1f44",
                   "input-selection-background": "#b6d0fb"},
    ),
    "contrast": Theme(
        name="contrast", primary="#ffff00", secondary="#ffff00", accent="#ffff00", warning="#ffb060", error="#ff8080",
        success="#00ff60", foreground="#ffffff", background="#000000", surface="#000000", panel="#141414", dark=True,
        text_alpha=1.0,
        variables={"block-cursor-background": "#003a8c", "block-cursor-foreground": "#ffffff",
                   "input-selection-background": "#0050ff"},
    ),
}  # fmt: skip

_PALETTES = {
    "dark": ("#88a4f2", "#ec8f51", "#51eccd", "#eb88f2", "#b2ef6c", "#e6b3b9", "#51cdec", "#e6d4b3"),
    "light": ("#095ca5", "#884c07", "#1c5449", "#c20a54", "#06066b", "#9d0ac2", "#5a5f11", "#541c1c"),
    "contrast": ("#4dc3ff", "#ffac4d", "#d1ff1a", "#ffb2b2", "#1afff0", "#f0e7c2", "#47d16c", "#c8c2f0"),
}
"""Author colours, chosen as in `distinct` but from softer candidates."""
_ANSI = ("blue", "green", "yellow", "magenta", "cyan", "bright_blue")


class Styles(Struct, frozen=True):
    """A theme's styles.

    Attributes:
        authors: author names; each author is assigned one of these styles.
        strong: names and unread items.
        text: normal text.
        dim: secondary text, such as times and hints.
        accent: items that need attention.
        badge: numbers that need attention.
        chosen: the selected message or row.
        marked: the row of the open channel.
        syntax: keywords, strings, comments and numbers in code.
        good: working connections, and people who are online.
        warning: degraded connections, and people who are away.
    """

    authors: tuple[Style, ...]
    strong: Style
    text: Style
    dim: Style
    accent: Style
    badge: Style
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
    syntax: tuple[Style, Style, Style, Style]
    chosen: Style
    marked: Style
    found: Style
    good: Style
    warning: Style


def theme_named(name: str) -> str:
    """Return the given name if such a theme exists, otherwise the dark theme's name.

    Args:
        name: the name.
    """
    return name if name in OWN_THEMES or name in BUILTIN_THEMES else "dark"


def grounds_of(theme: Theme) -> tuple[str, str, str]:
    """Return a theme's background colours: for messages, for lists and dialogs, and for bars.

    Args:
        theme: the theme.
    """
    if theme.background and theme.surface and theme.panel:
        return theme.background, theme.surface, theme.panel
    made = theme.to_color_system().generate()
    return made["background"][:7], made["surface"][:7], made["panel"][:7]


def readable_theme(name: str) -> Theme:
    """Return a theme with readable text on all backgrounds; some of Textual's themes have too little contrast.

    Args:
        name: the theme's name.
    """
    theme = OWN_THEMES.get(name) or BUILTIN_THEMES[name]
    if theme.ansi or name in OWN_THEMES:
        return theme
    grounds = grounds_of(theme)
    text = theme.foreground or theme.to_color_system().generate()["foreground"][:7]
    return replace(
        theme,
        foreground=readable(text, grounds, TEXT_CONTRAST),
        primary=readable(theme.primary, grounds, DIM_CONTRAST),
        variables={**theme.variables, **_cursor(theme, grounds)},
    )


def _cursor(theme: Theme, grounds: tuple[str, str, str]) -> dict[str, str]:
    ground = mixed(grounds[0], theme.primary, 0.18 if theme.dark else 0.08)
    return {
        "block-cursor-background": ground,
        "block-cursor-foreground": readable("#ffffff" if theme.dark else "#000000", (ground,), TEXT_CONTRAST),
    }


def message_background(theme: Theme, variables: Mapping[str, str]) -> tuple[int, int, int]:
    """Return the messages' background colour, or an approximation if the terminal chooses the colour.

    Args:
        theme: the theme.
        variables: the theme's colours by name.
    """
    return (0, 0, 0) if theme.ansi and theme.dark else Color.parse(variables["background"]).rgb


def styles_for(theme: Theme) -> Styles:
    """Return the styles for a theme.

    Args:
        theme: the theme.
    """
    if theme.ansi:
        return _ansi_look()
    grounds = grounds_of(theme)
    background, _, panel = grounds
    chosen = theme.variables.get("block-cursor-background", panel)
    ink = theme.variables.get("block-cursor-foreground")
    text = theme.foreground or ("#ffffff" if theme.dark else "#000000")
    palette = _PALETTES.get(theme.name) or distinct(AUTHORS, (background, chosen), DIM_CONTRAST)
    everywhere = (*grounds, chosen)

    def seen(colour: str | None, otherwise: str) -> str:
        return readable(colour or otherwise, everywhere, DIM_CONTRAST)

    faint = seen(mixed(text, background, 0.55), text)
    accent = seen(theme.primary, text)
    error, warning, good = seen(theme.error, text), seen(theme.warning, text), seen(theme.success, text)
    return Styles(
        authors=tuple(Style(color=color, bold=True) for color in palette),
        strong=Style(bold=True),
        text=Style(),
        dim=Style(color=faint),
        accent=Style(color=accent, bold=True),
        badge=Style(color=readable(background, (accent,), DIM_CONTRAST), bgcolor=accent, bold=True),
        system=Style(color=faint, italic=True),
        link=Style(underline=True),
        mention=Style(bold=True),
        to_me=Style(color=accent, bold=True),
        day=Style(color=faint),
        unread=Style(color=accent, bold=True),
        pending=Style(color=faint),
        failed=Style(color=error),
        chip=Style(bgcolor=panel),
        mine=Style(bgcolor=panel, color=accent, bold=True),
        quote=Style(color=faint),
        code=Style(bgcolor=panel),
        syntax=(
            Style(bgcolor=panel, color=accent),
            Style(bgcolor=panel, color=good),
            Style(bgcolor=panel, color=faint, italic=True),
            Style(bgcolor=panel, color=warning),
        ),
        chosen=Style(bgcolor=chosen, color=ink),
        marked=Style(bgcolor=chosen),
        found=Style(color=accent, bold=True, underline=True),
        good=Style(color=good),
        warning=Style(color=warning),
    )


def _ansi_look() -> Styles:
    return Styles(
        authors=tuple(Style(color=color, bold=True) for color in _ANSI),
        strong=Style(bold=True),
        text=Style(),
        dim=Style(dim=True),
        accent=Style(color="cyan", bold=True),
        badge=Style(color="cyan", bold=True, reverse=True),
        system=Style(dim=True, italic=True),
        link=Style(underline=True),
        mention=Style(bold=True),
        to_me=Style(color="cyan", bold=True),
        day=Style(dim=True),
        unread=Style(color="cyan", bold=True),
        pending=Style(dim=True),
        failed=Style(color="red"),
        chip=Style(reverse=True, dim=True),
        mine=Style(reverse=True),
        quote=Style(dim=True),
        code=Style(color="green"),
        syntax=(Style(color="cyan"), Style(color="green"), Style(dim=True, italic=True), Style(color="yellow")),
        chosen=Style(reverse=True),
        marked=Style(underline=True),
        found=Style(color="cyan", bold=True, underline=True),
        good=Style(color="green"),
        warning=Style(color="yellow"),
    )
