"""The wire: it connects only to addresses that were checked, and reads no longer and no more than it was granted."""

import ipaddress
import socket
from collections.abc import Callable, Collection, Iterable
from typing import Any

import httpcore2
import httpx2

from digest.sources.base import SourceError

OVERHEAD = 500_000
"""Bytes on the wire beside the body: headers, chunk sizes, what a compression adds."""
TELLING = "digest-headers"
"""Name of the extension of a request that holds its own headers."""
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the open internet, also the IPv4 address that hides in an IPv6 one.

    >>> is_public("93.184.215.14"), is_public("2606:2800::1"), is_public("64:ff9b::93.184.215.14")
    (True, True, True)
    >>> is_public("10.0.0.1"), is_public("169.254.169.254"), is_public("::ffff:127.0.0.1"), is_public("224.0.0.1")
    (False, False, False, False)
    """
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour
        if address in TRANSLATED:
            hidden = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if hidden:
            return is_public(str(hidden))
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


class Wire(httpx2.HTTPTransport):
    """HTTP over sockets, a new connection for each request; certificates are checked, also for a pinned address.

    Parameters
    ----------
    private_hosts : collection of str
        Names of hosts that may lie in a private network; all others must be in the open internet.
    most_seconds : float
        How long one request may take from the connection to the last byte.
    most_bytes : int
        How long a body may be.
    monotonic : callable
        Seconds of a clock that only goes forward.
    """

    def __init__(
        self,
        *,
        private_hosts: Collection[str],
        most_seconds: float,
        most_bytes: int,
        monotonic: Callable[[], float],
    ) -> None:
        context = httpx2.create_ssl_context()
        super().__init__(verify=context)
        self._pool.close()
        # The name is resolved and checked where it is connected to, so that it cannot change in between; and without
        # connections that are kept, what was granted begins anew with each request.
        dialler = _Dialler(frozenset(private_hosts), lambda: _Grant(most_seconds, most_bytes + OVERHEAD, monotonic))
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context, max_connections=10, max_keepalive_connections=0, network_backend=dialler
        )


class Telling(httpx2.BaseTransport):
    """Adds the headers of a single request below the cache, which keeps the headers it sees."""

    def __init__(self, wire: httpx2.BaseTransport) -> None:
        self.wire = wire

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request with its own headers."""
        request.headers.update(request.extensions.get(TELLING, {}))
        return self.wire.handle_request(request)

    def close(self) -> None:
        """End the connections."""
        self.wire.close()


class _Grant:
    """What is left of the time and the bytes of one request."""

    def __init__(self, seconds: float, most_bytes: int, monotonic: Callable[[], float]) -> None:
        self.seconds, self.most_bytes, self.monotonic = seconds, most_bytes, monotonic
        self.ends, self.taken = monotonic() + seconds, 0

    def left(self, host: str) -> float:
        """Give the seconds that are left; raises SourceError if there are none."""
        left = self.ends - self.monotonic()
        if left <= 0:
            raise SourceError(f"{host} needs more than {self.seconds:,.0f} s for its answer; stopped reading")
        return left

    def take(self, count: int, host: str) -> None:
        """Count bytes that came; raises SourceError if they are too many."""
        self.taken += count
        if self.taken > self.most_bytes:
            raise SourceError(f"{host} sends more than {self.most_bytes:,} bytes; stopped reading")


class _Dialler(httpcore2.NetworkBackend):
    def __init__(self, private_hosts: frozenset[str], grant: Callable[[], _Grant]) -> None:
        self.private_hosts, self.grant, self.sockets = private_hosts, grant, httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of a host that lets itself be connected to."""
        grant, failed = self.grant(), OSError("no address")
        for address in self._addresses(host, port):
            within = min(timeout or grant.seconds, grant.left(host))
            try:
                stream = self.sockets.connect_tcp(address, port, within, local_address, socket_options)
                return _Stream(stream, grant, host)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error  # type: ignore[assignment]
        raise failed

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
        private = [address for address in addresses if not is_public(address)]
        if private and host not in self.private_hosts:
            raise SourceError(
                f"{host} lies in a private network ({private[0]}); not asked, unless private_hosts has it"
            )
        return addresses


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, grant: _Grant, host: str) -> None:
        self.inner, self.grant, self.host = inner, grant, host

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what comes, as far as it was granted."""
        left = self.grant.left(self.host)
        try:
            got = self.inner.read(max_bytes, min(timeout or left, left))
        except httpcore2.ReadTimeout:
            self.grant.left(self.host)
            raise
        self.grant.take(len(got), self.host)
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes within the time that is left."""
        left = self.grant.left(self.host)
        self.inner.write(buffer, min(timeout or left, left))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Encrypt what follows, under the same grant."""
        left = self.grant.left(self.host)
        inner = self.inner.start_tls(ssl_context, server_hostname, min(timeout or left, left))
        return _Stream(inner, self.grant, self.host)

    def close(self) -> None:
        """End the connection."""
        self.inner.close()

    def get_extra_info(self, info: str) -> Any:
        """Give what is known of the socket."""
        return self.inner.get_extra_info(info)
