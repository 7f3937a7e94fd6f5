"""Pictures from other servers by their address, without becoming a way into the network this server stands in.

Only http and https, only to addresses that everybody can reach, each hop of a redirect looked at anew. The name is
resolved once and the connection goes to that very address, so that a name cannot change its mind in between. Knows
nothing of what is fetched.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from urllib.parse import urljoin, urlsplit

from allaprima.errors import UserError

LARGEST = 20_000_000
SECONDS = 10.0
HOPS = 3
PORTS = (80, 443, 8080, 8443)


def is_public(address: str) -> bool:
    """Whether everybody can reach an address: not loopback, private, link-local, multicast or reserved; an IPv6
    address that stands for an IPv4 one is judged by that one, too."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None and not is_public(str(inner)):
            return False
    return ip.is_global and not ip.is_multicast


def fetch(url: str, *, largest: int = LARGEST, seconds: float = SECONDS) -> bytes:
    """The body behind a URL. Blocks, at most about `seconds`. Raises UserError for whatever goes wrong."""
    until = time.monotonic() + seconds
    for _ in range(HOPS + 1):
        status, where, body = _hop(url, largest, until)
        if status in (301, 302, 303, 307, 308) and where:
            url = urljoin(url, where)
        elif status == 200:
            return body
        else:
            raise UserError(f"The address answered {status} instead of a picture.")
    raise UserError(f"The address leads on more than {HOPS} times.")


def _hop(url: str, largest: int, until: float) -> tuple[int, str | None, bytes]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
    except (ValueError, UnicodeError) as error:
        raise UserError(f"{url[:200]!r} is no address.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UserError("Pictures are fetched from http:// and https:// addresses only.")
    if port not in PORTS:
        raise UserError(f"Pictures are fetched from the ports {', '.join(map(str, PORTS))} only, not {port}.")
    address = _resolved(host, port)
    left = until - time.monotonic()
    if left <= 0:
        raise UserError("The address took too long to answer.")
    connection = _Pinned(host, port, address, parts.scheme == "https", left)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"User-Agent": "allaprima", "Accept": "image/*"})
        response = connection.getresponse()
        body = b""
        while chunk := response.read(65536):
            body += chunk
            if len(body) > largest:
                raise UserError(f"What lies there is too large: at most {largest:,} bytes are taken.")
            if time.monotonic() > until:
                raise UserError("The address took too long to answer.")
        return response.status, response.getheader("Location"), body
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"The address cannot be fetched: {type(error).__name__}.") from error
    finally:
        connection.close()


def _resolved(host: str, port: int) -> str:
    """The address of a name; every address it has must be public. Raises UserError."""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise UserError(f"No server is called {host!r}.") from error
    if not found or not all(is_public(each) for each in found):
        raise UserError(f"{host} is an address within a private network, from which nothing is fetched.")
    return sorted(found, key=lambda each: (":" in each, each))[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was looked at, under the name that was asked for."""

    def __init__(self, host: str, port: int, address: str, secure: bool, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address, self._secure = address, secure

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
