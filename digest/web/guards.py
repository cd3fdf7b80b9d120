"""What stands before every page: security headers, a limit for bodies, limits for tries. No page is made here."""

import re
from ipaddress import IPv6Address, ip_address

from fastapi import HTTPException, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 64 * 1024
"""How large the body of a request may be; the largest honest form has a quarter of it."""
MOST_PAPERS_BYTES = 8_000_000
"""How large it may be where a reader sends a file of papers."""
PAPERS = re.compile(r"/p/[^/]+/papers")
TOO_MUCH = f"A form of these pages may hold up to {MOST_BYTES // 1024} KB, and this was more; nothing was done."
TOO_MANY_PAPERS = (
    f"A file of papers may have up to {MOST_PAPERS_BYTES // 1_000_000} MB, and this was more; nothing of yours was "
    "kept. Please send it in smaller parts."
)
MOST_RETURNED_BYTES = 5_000_000
RETURNS = "/returns"
"""Where mails that came back are posted, with the whole mail of ours in them."""
ADMIN = "/admin"
PRIVATE = ("/c/", "/f/", "/u/", "/p/", "/v/", "/metrics", ADMIN)
"""Where the pages of one person and the administrator's stand: not to be kept, not to be found by search."""
HOLDS_MAIL = ("/v/", "/admin/preview")
"""Where a mail is shown, whose style is written into it."""


def headers_for(path: str) -> dict[str, str]:
    """Name the security headers of the page at a path.

    >>> headers_for("/u/1.x")["Cache-Control"], headers_for("/")["Cache-Control"]
    ('no-store', 'no-cache')
    """
    private = path.startswith(PRIVATE)
    style = "'self' 'unsafe-inline'" if path.startswith(HOLDS_MAIL) else "'self'"
    frames = "; frame-src 'self'" if path.startswith("/admin/preview") else ""
    pictures = "'none'" if path.startswith("/v/") else "'self'"
    headers = {
        "Content-Security-Policy": f"default-src 'none'; style-src {style}; img-src {pictures}{frames}; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        "X-Content-Type-Options": "nosniff",
        # Under no-referrer a browser sends `Origin: null` with a form, and the administrator's forms are judged by it.
        "Referrer-Policy": "same-origin" if path.startswith(ADMIN) else "no-referrer",
        "Cache-Control": "no-store" if private else "no-cache",
    }
    return headers | ({"X-Robots-Tag": "noindex, nofollow"} if private else {})


class SecurityHeaders:
    """Puts the headers of its path on every answer that does not carry them already."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with its headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in headers_for(scope["path"]).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class BodyLimit:
    """Ends the reading of a body that is too large with 413, declared or not; one that nobody reads costs nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body counted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        is_of_papers = PAPERS.fullmatch(scope["path"]) is not None
        most = MOST_PAPERS_BYTES if is_of_papers else MOST_BYTES
        most = MOST_RETURNED_BYTES if scope["path"] == RETURNS else most
        is_declared_too_large = not declared.isdecimal() or len(declared) > 9 or int(declared) > most
        arrived = 0

        async def receive_counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if is_declared_too_large or arrived > most:
                raise HTTPException(413, TOO_MANY_PAPERS if is_of_papers else TOO_MUCH)
            return message

        await self.app(scope, receive_counted, send)


class TryLimit:
    """So many tries of a client in a moving window of time; counted in memory, never in a table.

    >>> limit = TryLimit("2 per 10 minutes")
    >>> [limit.hit("192.0.2.1") for _ in range(3)], limit.is_spent("192.0.2.1"), limit.seconds
    ([True, True, False], True, 600)
    """

    def __init__(self, most: str) -> None:
        self._most = parse(most)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    @property
    def seconds(self) -> int:
        """The length of the window: after it a client may surely try again."""
        return self._most.get_expiry()

    def hit(self, client: str) -> bool:
        """Count a try, and say whether it is still within the limit."""
        return self._window.hit(self._most, client)

    def is_spent(self, client: str) -> bool:
        """Say whether the next try would be over the limit."""
        return not self._window.test(self._most, client)


def client_of(request: Request) -> str:
    """Name the client whose tries are counted: its address, of IPv6 the network a household gets."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(int(address) >> 64) if isinstance(address, IPv6Address) and not address.ipv4_mapped else host
