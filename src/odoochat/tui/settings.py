"""The chat screen's settings, stored in a commented TOML file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from msgspec import Struct, field

from odoochat.errors import ConfigError
from odoochat.private_file import write_private
from odoochat.tui.keys import SETS, TABLE, KeySet

__all__ = ["THEMES", "ChatSettings", "Images", "Settings", "default_text", "load", "store_theme", "write_default"]

Images = Literal["auto", "kitty", "sixel", "blocks", "off"]
THEMES = ("dark", "light", "contrast", "ansi-dark", "ansi-light")

_TEXT = """\
# Settings for odoochat's chat screen. Lines that start with # are comments; F5 reloads this file.

# dark, light, contrast (high contrast), ansi-dark and ansi-light (the 16 colours of your terminal).
# Textual's own themes also work: nord, gruvbox, dracula... To disable colours, set NO_COLOR in the environment.
theme = "dark"

# The key set: default, vim or emacs. F1 shows all keys.
keys = "default"

# The format of your messages: "markdown" supports **bold**, `code`, lists and more; "text" is sent as typed.
markup = "markdown"

# Desktop notifications: "mentions" (and direct chats), "all" or "none". Visible messages never notify.
notify = "mentions"
# Ring the terminal's bell with each notification.
bell = false

# Pictures: "auto" draws pixels if the terminal supports kitty's graphics or sixels, otherwise half blocks; "kitty",
# "sixel" and "blocks" select one of these; "off" shows only the name and size.
images = "auto"
# "comfortable", with blank lines between messages, or "compact".
density = "comfortable"
# Send typing indicators.
typing = true
# Appear online while the chat is open; a change takes effect at the next start.
presence = true
# Show the members next to the conversation.
members = false
# Width of the channel list in columns.
sidebar = 26

# Your own keys for individual commands, which override the key set; docs/keys.md lists the names.
[bindings]
# switch = "ctrl+p"
"""


def default_text() -> str:
    """Return the content of a new settings file."""
    return _TEXT


class ChatSettings(Struct, frozen=True):
    """The screen's settings. Comments in the settings file describe each one."""

    theme: str = "dark"
    keys: KeySet = "default"
    markup: str = "markdown"
    notify: str = "mentions"
    bell: bool = False
    images: Images = "auto"
    density: str = "comfortable"
    typing: bool = True
    presence: bool = True
    members: bool = False
    sidebar: int = 26
    bindings: Mapping[str, str] = field(default_factory=dict)


Settings = ChatSettings
"""The name for `ChatSettings` outside this package."""

_TABLE_HEAD = re.compile(r"^([ \t]*\[)", re.MULTILINE)
_THEME_LINE = re.compile(r"^[ \t]*theme[ \t]*=.*$", re.MULTILINE)

_CHOICES = {
    "keys": SETS,
    "markup": ("text", "markdown"),
    "notify": ("mentions", "all", "none"),
    "images": get_args(Images),
    "density": ("comfortable", "compact"),
}


def settings_path() -> Path:
    """Return the path of the settings file."""
    from platformdirs import user_config_dir

    return Path(user_config_dir("odoochat", appauthor=False)) / "chat.toml"


def cache_folder() -> Path:
    """Return the folder for caches, which may be deleted."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("odoochat", appauthor=False)) / "chat"


def state_folder() -> Path:
    """Return the folder for drafts and unsent messages, which must not be lost."""
    from platformdirs import user_state_dir

    return Path(user_state_dir("odoochat", appauthor=False)) / "chat"


def load(path: Path) -> ChatSettings:
    """Read the settings file, or use the defaults if there is none.

    Args:
        path: the file.

    Raises:
        ConfigError: the file cannot be read or contains an invalid setting; the error message includes the key.
    """
    from odoochat.config.toml_file import read_toml  # not needed without a settings file

    return ChatSettings(**{key: _checked(path, key, value) for key, value in read_toml(path).items()})


_TYPE_LABELS: dict[type, str] = {bool: "true or false", int: "an integer", str: "a string"}


def _checked(path: Path, key: str, value: Any) -> Any:
    if key not in ChatSettings.__struct_fields__:
        raise ConfigError(f"{path}: unknown setting {key!r}")
    if key == "bindings":
        return _own_keys(path, value)
    if key == "images" and isinstance(value, bool):  # earlier versions only had true and false
        value = "auto" if value else "off"
    wanted = type(getattr(ChatSettings(), key))
    if type(value) is not wanted:
        raise ConfigError(f"{path}: {key} must be {_TYPE_LABELS[wanted]}")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise ConfigError(f"{path}: {key} = {value!r}: use one of {', '.join(_CHOICES[key])}")
    if key == "sidebar":
        return min(max(value, 12), 60)
    return value


def _own_keys(path: Path, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: bindings must be a table")
    known = {key.name for key in TABLE}
    for name, keys in value.items():
        if name not in known:
            raise ConfigError(f"{path}: unknown command {name!r} in bindings; see docs/keys.md")
        if not isinstance(keys, str) or not keys:
            raise ConfigError(f'{path}: bindings.{name} must be keys such as "ctrl+p" or "k,up"')
    return value


def write_default(path: Path) -> None:
    """Create the settings file, including its comments, unless it already exists.

    Args:
        path: the file.

    Raises:
        ConfigError: the file cannot be written.
    """
    try:
        if not path.exists():
            write_private(path, _TEXT)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror or error}") from None


def store_theme(path: Path, name: str) -> None:
    """Change only the theme in the settings file. If there is no file, create one with comments.

    Args:
        path: the file. If it is a symbolic link, the link is followed, not replaced.
        name: the theme's name.

    Raises:
        ConfigError: the file cannot be read or written.
    """
    try:
        text = path.read_text("utf-8") if path.exists() else _TEXT
        top, table, rest = _TABLE_HEAD.split(text, 1) if _TABLE_HEAD.search(text) else (text, "", "")
        line = f'theme = "{name}"'
        changed, count = _THEME_LINE.subn(line, top, 1)
        write_private(path.resolve(), (changed if count else f"{line}\n{top}") + table + rest)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot write {path}: {error}") from None


assert get_args(KeySet) == SETS
