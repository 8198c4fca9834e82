"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from odoochat.cli.completion import channel_names, person_names

__all__ = [
    "LEADING_HYPHEN",
    "ArgumentSettings",
    "ChannelArgument",
    "PersonArgument",
    "PersonsOption",
    "ServerOptions",
    "TextArgument",
]


class ArgumentSettings:
    """Settings of an argument that become a `cyclopts.Parameter` when cyclopts parses the command line.

    Args:
        settings: the arguments of `cyclopts.Parameter`.
    """

    def __init__(self, **settings: Any) -> None:
        self.settings: Mapping[str, Any] = settings


ChannelArgument = Annotated[str, ArgumentSettings(completer=channel_names)]
"""A channel: an id, a name, or ``@person``."""

PersonArgument = Annotated[str, ArgumentSettings(completer=person_names)]
"""A person, by login or name."""

PersonsOption = Annotated[list[str] | None, ArgumentSettings(completer=person_names)]
"""People, in an option that may be repeated."""

LEADING_HYPHEN = ArgumentSettings(allow_leading_hyphen=True)
TextArgument = Annotated[str, LEADING_HYPHEN]
"""Text, which may start with a hyphen."""


@dataclass(frozen=True)
class ServerOptions:
    """Options that select the server and the user.

    Attributes:
        url: Server address, e.g. https://odoo.example.com (ODOOCHAT_URL).
        db: Database; needed if the server has several or does not list them (ODOOCHAT_DB).
        login: Login name (ODOOCHAT_LOGIN). The password comes from ODOOCHAT_PASSWORD or a prompt.
        profile: Profile created by `odoochat login` (ODOOCHAT_PROFILE).
        password_stdin: Read the password from the first line of standard input.
        request_timeout: How long to wait for each response from the server.
        proxy: HTTP proxy, e.g. http://proxy.example.com:3128 (ODOOCHAT_PROXY, which may include a login). If omitted,
            HTTP_PROXY, HTTPS_PROXY and NO_PROXY apply.
        ca_file: PEM file of certificate authorities to trust in addition to the system's (ODOOCHAT_CA_FILE).
        client_cert: PEM file of the client certificate, for servers that require one (ODOOCHAT_CLIENT_CERT).
        client_key: PEM file of the private key, unless included in the certificate file (ODOOCHAT_CLIENT_KEY).
        insecure: Do not verify the server's certificate: anyone on the network path can read and change everything
            (ODOOCHAT_VERIFY=false).
        verbose: Log to stderr; -vv logs details.
    """

    url: str | None = None
    db: str | None = None
    login: str | None = None
    profile: str | None = None
    password_stdin: Annotated[bool, ArgumentSettings(negative="")] = False
    request_timeout: float = 30.0
    proxy: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    insecure: Annotated[bool, ArgumentSettings(negative="")] = False
    verbose: Annotated[int, ArgumentSettings(alias="-v", count=True, negative="")] = 0
