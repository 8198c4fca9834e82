"""TOML file: reads a settings file that the user may edit, with clear errors for invalid files."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import Any

from odoochat.errors import ConfigError

__all__ = ["read_toml"]

MAX_BYTES = 1_000_000


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Symbolic links are followed, because users often keep their settings in a different folder. Pipes and devices are
    rejected without waiting for data.

    Args:
        path: the file.

    Returns:
        The parsed content; empty if the file does not exist.

    Raises:
        ConfigError: the file cannot be read, is not a regular file, is larger than 1 MB, or is not TOML.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ConfigError(f"{path} is not a regular file; remove it")
        with io.BufferedReader(io.FileIO(handle, closefd=False)) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    finally:
        os.close(handle)
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path} is larger than {MAX_BYTES:,} bytes; remove it")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not valid UTF-8: {error.reason} at byte {error.start}") from None
    import tomllib  # imported only if there is a file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    except (ValueError, RecursionError):  # numbers with thousands of digits, or thousands of brackets
        raise ConfigError(f"{path} is not a settings file: a value is too large or nested too deeply") from None
