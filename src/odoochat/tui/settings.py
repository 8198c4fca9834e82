"""The settings of the chat screen: one TOML file with comments."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from odoochat.errors import ConfigError
from odoochat.private_file import write_private
from odoochat.tui.keys import SETS, TABLE, KeySet

__all__ = ["THEMES", "ChatSettings", "Images", "Settings", "default_text", "load", "write_default"]

Images = Literal["auto", "kitty", "sixel", "blocks", "off"]
MAX_FILE = 1_000_000
"""Bytes of the file."""
THEMES = ("dark", "light", "contrast", "ansi-dark", "ansi-light")

_TEXT = """\
# The chat screen of odoochat. Lines that begin with # are comments; F5 reads this file again.

# dark, light, contrast (high contrast), ansi-dark and ansi-light (the 16 colours of your terminal).
# Textual's own themes work as well: nord, gruvbox, dracula... Without any colour: set NO_COLOR in the environment.
theme = "dark"

# The set of keys: default, vim or emacs. F1 shows all keys.
keys = "default"

# How what you write is meant: "text" as it stands, "markdown" with **bold**, `code` and lists.
markup = "text"

# Desktop notifications: "mentions" (and direct chats), "all" or "none". There is never one for what is on the screen.
notify = "mentions"
# The terminal's bell with each notification.
bell = false

# Pictures in the conversation: "auto" is pixels where the terminal has kitty's graphics or sixels, else half blocks;
# "kitty", "sixel" and "blocks" choose one of these, "off" shows name and size alone.
images = "auto"
# Show the others that you are writing.
typing = true
# Show the others that you are there while the chat is open; what is changed here holds from the next start on.
presence = true
# The members beside the conversation.
members = false
# Columns of the list of conversations.
sidebar = 26

# Your own keys for single commands, above the set: the names stand in docs/keys.md.
[bindings]
# switch = "ctrl+p"
"""


def default_text() -> str:
    """The file as it is written at first."""
    return _TEXT


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """How the screen looks and behaves; the file's comments say what each mode."""

    theme: str = "dark"
    keys: KeySet = "default"
    markup: str = "text"
    notify: str = "mentions"
    bell: bool = False
    images: Images = "auto"
    typing: bool = True
    presence: bool = True
    members: bool = False
    sidebar: int = 26
    bindings: Mapping[str, str] = field(default_factory=dict)


Settings = ChatSettings
"""The name of `ChatSettings` outside of this package."""

_CHOICES = {
    "keys": SETS,
    "markup": ("text", "markdown"),
    "notify": ("mentions", "all", "none"),
    "images": get_args(Images),
}


def settings_path() -> Path:
    """Where the file stands."""
    from platformdirs import user_config_dir

    return Path(user_config_dir("odoochat", appauthor=False)) / "chat.toml"


def cache_folder() -> Path:
    """Where caches stand: what may be lost."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("odoochat", appauthor=False)) / "chat"


def state_folder() -> Path:
    """Where drafts and what waits to be sent stand: what must not be lost."""
    from platformdirs import user_state_dir

    return Path(user_state_dir("odoochat", appauthor=False)) / "chat"


def load(path: Path) -> ChatSettings:
    """Reads the settings; without a file the defaults.

    Raises:
        ConfigError: it cannot be read, or holds something that is no setting; the text names the line's key.
    """
    try:
        found = path.stat()  # a link is followed: settings are often kept elsewhere
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_FILE:
            raise ConfigError(f"{path} is not a settings file: remove it, and F2 writes a new one")
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return ChatSettings()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from None
    import tomllib  # only who has such a file pays for it

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is no TOML: {error}") from None
    return ChatSettings(**{key: _checked(path, key, value) for key, value in data.items()})


def _checked(path: Path, key: str, value: Any) -> Any:
    if key not in ChatSettings.__dataclass_fields__:
        raise ConfigError(f"{path}: there is no setting {key!r}")
    if key == "bindings":
        return _own_keys(path, value)
    if key == "images" and isinstance(value, bool):  # what it was before there were pixels
        value = "auto" if value else "off"
    wanted = type(getattr(ChatSettings(), key))
    if type(value) is not wanted:
        raise ConfigError(f"{path}: {key} must be {'true or false' if wanted is bool else 'a ' + wanted.__name__}")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise ConfigError(f"{path}: {key} = {value!r}: choose {', '.join(_CHOICES[key])}")
    if key == "sidebar":
        return min(max(value, 12), 60)
    return value


def _own_keys(path: Path, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: bindings must be a table")
    known = {key.name for key in TABLE}
    for name, keys in value.items():
        if name not in known:
            raise ConfigError(f"{path}: there is no command {name!r} to bind: see docs/keys.md")
        if not isinstance(keys, str) or not keys:
            raise ConfigError(f'{path}: bindings.{name} must be keys as "ctrl+p" or "k,up"')
    return value


def write_default(path: Path) -> None:
    """Writes the file with its comments, unless there is one.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        if not path.exists():
            write_private(path, _TEXT)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror or error}") from None


assert get_args(KeySet) == SETS
