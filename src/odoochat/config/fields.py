"""Fields: lists the names of all settings and validates their values."""

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
"""Prefix of environment variables."""

MCP_TOKEN = f"{PREFIX}MCP_TOKEN"
"""Environment variable that contains the token for `odoochat mcp --http`: ODOOCHAT_MCP_TOKEN."""

ADDRESS = ("url", "db", "login")
CREDENTIALS = ("password", "api_key", "session_id")
SECRETS = (*CREDENTIALS, "totp", "trusted_device")
STORED_SECRETS = (*SECRETS, "webhook_secret")
"""All secret settings. `SECRETS` are sent to the server at login; the webhook secret only signs webhooks."""

FILES = ("ca_file", "client_cert", "client_key")
NETWORK = ("proxy", *FILES, "verify")
"""Settings for reaching the server. A profile's values apply only to its own server."""

LOADED = (*ADDRESS, *STORED_SECRETS, *NETWORK)
"""Settings that can come from options and the environment."""

SAVED = (*ADDRESS, *CREDENTIALS, "trusted_device", "webhook_secret", *NETWORK)
"""Settings saved in a profile."""

KEYRING_FIELDS = (*CREDENTIALS, "trusted_device", "webhook_secret", "proxy")
"""Profile settings that may be stored in a keyring."""

_FORBIDDEN = {
    "\r": "a carriage return, as in files made on Windows",
    "\n": "a line break",
    "\0": "a NUL character",
}


def checked(key: str, value: str, source: str) -> str:
    """Validate a value. For example, line breaks are rejected because they would end an HTTP header.

    Args:
        key: the name of the setting.
        value: the setting's value.
        source: the setting's source: ``option``, ``environment NAME`` or ``profile NAME``.

    Returns:
        The value.

    Raises:
        ConfigError: the value is invalid; the error message includes the source but not the value.
    """
    for character, description in _FORBIDDEN.items():
        # Odoo accepts passwords with a line break; a saved one has already been used to log in.
        if character in value and not (key == "password" and source.startswith("profile")):
            raise ConfigError(f"{setting_name(key, source)} contains {description}; remove it")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{setting_name(key, source)} is not valid UTF-8; convert it") from None
    if key == "proxy" and source == "option" and "@" in value:
        raise ConfigError(
            "--proxy contains credentials, which every user on this machine can see in the process list; "
            f"set {PREFIX}PROXY or save it in a profile"
        )
    return value


def setting_name(key: str, source: str) -> str:
    """Return the name of a setting as used in its source.

    Args:
        key: the name of the setting.
        source: its source: ``option``, ``environment NAME`` or ``profile NAME``.

    Returns:
        The option, the environment variable, or the setting's name and its profile.
    """
    kind, _, name = source.partition(" ")
    if kind == "option":
        return f"--{key.replace('_', '-')}" if key not in STORED_SECRETS else f"the {key.replace('_', ' ')}"
    return name if kind == "environment" else f"{key} of {source}"
