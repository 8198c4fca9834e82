"""Network settings: the proxy and certificates from arguments and the environment."""

from __future__ import annotations

import ipaddress
import logging
import os
import ssl
from pathlib import Path
from typing import NoReturn
from urllib.request import getproxies, proxy_bypass

from msgspec import Struct
from yarl import URL

from odoochat.errors import ConfigError
from odoochat.secret import Secret

__all__ = ["Network"]

log = logging.getLogger("odoochat")

LOCAL = ("localhost", "localhost.localdomain")


class Network(Struct, frozen=True):
    """The proxy and certificates for connections to a server.

    Attributes:
        proxy: address of an HTTP proxy, e.g. ``http://user:password@proxy.example.com:3128``; None to use
            ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``; "" for no proxy.
        ca_file: file with certificate authorities (PEM) to trust in addition to the system's.
        client_cert: file with the client's certificate chain (PEM).
        client_key: file with the certificate's private key (PEM), if `client_cert` does not contain it.
        verify: False to accept any certificate, which lets anyone on the network path read and change everything.
        heartbeat: seconds without a received frame after which a WebSocket sends a ping. If no pong arrives within half
            that time, the connection is considered lost.
    """

    proxy: Secret | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    verify: bool = True
    heartbeat: float = 20.0

    @classmethod
    def of(
        cls,
        proxy: str | Secret | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        client_cert: str | os.PathLike[str] | None = None,
        client_key: str | os.PathLike[str] | None = None,
        *,
        verify: bool = True,
    ) -> Network:
        """Validate the settings and return them.

        Raises:
            ConfigError: the proxy is not a valid HTTP proxy address, a file cannot be read, or a key has no
                certificate.
        """
        given = Secret(proxy) if proxy is not None else None
        if given:
            _proxy_url(given.reveal(), "proxy")
        if client_key is not None and client_cert is None:
            raise ConfigError("client_key without client_cert; pass the certificate's file as well")
        files = [str(Path(f).expanduser()) if f is not None else None for f in (ca_file, client_cert, client_key)]
        network = cls(given, files[0], files[1], files[2], verify)
        network._context()
        return network

    def tls(self) -> ssl.SSLContext | bool:
        """Return the TLS settings in the form that aiohttp accepts; True means the system's defaults.

        Logs a warning if certificates are not verified: call this once for all connections that share the settings.

        Raises:
            ConfigError: a file cannot be read, or contains no certificate or key.
        """
        if not self.verify:
            log.warning(
                "WARNING: the server's certificate is NOT verified (verify=False): anyone on the network path can read "
                "and change your password and messages; pass the server's certificate authority as ca_file instead",
                extra={"event": "tls.unverified"},
            )
        return self._context()

    def _context(self) -> ssl.SSLContext | bool:
        if self.verify and self.ca_file is None and self.client_cert is None:
            return True
        context = ssl.create_default_context()
        if self.ca_file is not None:
            try:
                context.load_verify_locations(self.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise ConfigError(f"ca_file {self.ca_file!r}: {_file_fault(error, 'certificates')}") from None
        if self.client_cert is not None:
            try:
                context.load_cert_chain(self.client_cert, self.client_key, password=_no_passphrase)
            except (OSError, ssl.SSLError) as error:
                which = f"client_cert {self.client_cert!r}"
                if self.client_key is not None:
                    which += f" with client_key {self.client_key!r}"
                raise ConfigError(f"{which}: {_file_fault(error, 'certificate and key')}") from None
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def proxy_for(self, url: URL) -> URL | None:
        """Return the proxy for an address, or None for a direct connection.

        Proxies from the environment are not used for loopback addresses or hosts in ``NO_PROXY``.

        Raises:
            ConfigError: the environment's proxy is not a valid HTTP proxy address.
        """
        if self.proxy is not None:
            return _proxy_url(self.proxy.reveal(), "proxy") if self.proxy else None
        host = url.host or ""
        if not host or _is_local(host):
            return None
        proxies = getproxies()
        scheme = {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
        found = proxies.get(scheme)
        if not found and (every := proxies.get("all")) and not every.startswith("socks"):
            found = every
        if not found or proxy_bypass(host) or proxy_bypass(f"{host}:{url.port}") or _in_no_proxy(host):
            return None
        return _proxy_url(found, f"{scheme.upper()}_PROXY")


def _proxy_url(text: str, source: str) -> URL:
    try:
        url = URL(text if "://" in text else f"http://{text}")
        shown = str(url.with_user(None)) if url.host else "it"
        if url.scheme not in ("http", "https"):
            raise ConfigError(f"{source}: {url.scheme}:// is not supported; use an HTTP proxy like http://proxy:3128")
        if not url.host or url.port is None:
            raise ConfigError(f"{source}: {shown} has no host name; use an address like http://proxy:3128")
    except (ValueError, TypeError):
        raise ConfigError(f"{source} is not a valid address; use one like http://proxy:3128") from None
    return url


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".").lower() in LOCAL or host.lower().endswith(".localhost")


def _in_no_proxy(host: str) -> bool:
    """Return whether ``NO_PROXY`` lists a network containing the host, e.g. ``10.0.0.0/8``; urllib ignores networks."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for each in (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").split(","):
        try:
            if address in ipaddress.ip_network(each.strip(), strict=False):
                return True
        except (ValueError, TypeError):
            continue
    return False


class _EncryptedKey(ssl.SSLError):
    """Raised when the key needs a passphrase."""


def _no_passphrase() -> NoReturn:
    raise _EncryptedKey


def _file_fault(error: OSError, wanted: str) -> str:
    if isinstance(error, _EncryptedKey):
        return "the key is encrypted; use one without a passphrase"
    if isinstance(error, ssl.SSLError):
        if "MISMATCH" in str(error).upper():
            return "the key does not belong to the certificate"
        return f"the file contains no {wanted} in PEM format"
    return f"cannot be read: {error.strerror or error}"
