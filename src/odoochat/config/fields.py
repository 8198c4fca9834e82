"""The names of all settings, and the rules that their values follow."""

from __future__ import annotations

from odoochat.errors import ConfigError

__all__ = [
    "ADDRESS",
    "CREDENTIALS",
    "FILES",
    "KEYRING_FIELDS",
    "LOADED",
    "MCP_TOKEN",
    "NETWORK",
    "PREFIX",
    "SAVED",
    "SECRETS",
    "STORED_SECRETS",
    "checked",
    "setting_name",
]

PREFIX = "ODOOCHAT_"
"""The beginning of the names of environment variables."""

MCP_TOKEN = f"{PREFIX}MCP_TOKEN"
"""Holds the token of `odoochat mcp --http`. In full: ODOOCHAT_MCP_TOKEN."""

ADDRESS = ("url", "db", "login")
CREDENTIALS = ("password", "api_key", "session_id")
SECRETS = (*CREDENTIALS, "totp", "trusted_device")
STORED_SECRETS = (*SECRETS, "webhook_secret")
"""`SECRETS` go to the server at a login; the webhook secret signs what goes to others."""

FILES = ("ca_file", "client_cert", "client_key")
NETWORK = ("proxy", *FILES, "verify")
"""How the server is reached; those of a profile apply to its own server only."""

LOADED = (*ADDRESS, *STORED_SECRETS, *NETWORK)
"""Read from options and the environment."""

SAVED = (*ADDRESS, *CREDENTIALS, "trusted_device", "webhook_secret", *NETWORK)
"""Saved in a profile."""

KEYRING_FIELDS = (*CREDENTIALS, "trusted_device", "webhook_secret", "proxy")
"""Those of a profile that a keyring may hold."""

_FORBIDDEN = {
    "\r": "a carriage return, as in files made on Windows",
    "\n": "a line break",
    "\0": "a NUL character",
}


def checked(key: str, value: str, source: str) -> str:
    """Check a value: a line break would end an HTTP header.

    Args:
        key: the name of the setting.
        value: its value.
        source: where it comes from: ``option``, ``environment NAME`` or ``profile NAME``.

    Returns:
        The value.

    Raises:
        ConfigError: it is invalid; the text names the source and does not show the value.
    """
    for character, description in _FORBIDDEN.items():
        # Odoo accepts a password with a line break; one that was saved has logged in before.
        if character in value and not (key == "password" and source.startswith("profile")):
            raise ConfigError(f"{setting_name(key, source)} contains {description}; remove it")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{setting_name(key, source)} is not valid UTF-8; convert it") from None
    if key == "proxy" and source == "option" and "@" in value:
        raise ConfigError(
            "--proxy contains credentials, which every user of this machine can see in the process list; "
            f"set {PREFIX}PROXY or save it in a profile"
        )
    return value


def setting_name(key: str, source: str) -> str:
    """Return the name of a setting in its source.

    Args:
        key: the name of the setting.
        source: where it comes from: ``option``, ``environment NAME`` or ``profile NAME``.

    Returns:
        An option, a variable, or the name and the profile.
    """
    kind, _, name = source.partition(" ")
    if kind == "option":
        return f"--{key.replace('_', '-')}" if key not in STORED_SECRETS else f"the {key.replace('_', ' ')}"
    return name if kind == "environment" else f"{key} of {source}"
