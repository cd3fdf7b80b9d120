"""GitHub: the stars of a paper's code."""

import logging
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote, urlsplit

from digest.domain.listing import Enrichment, Fault
from digest.domain.paper import Paper
from digest.domain.signal import SignalKind
from digest.sources.base import SourceError, count_signal
from digest.sources.fetch import Fetcher
from digest.sources.lookup import ODD, UNKNOWN, read_object

log = logging.getLogger(__name__)
NAME = "github"
ADDRESS = "https://api.github.com/repos/"
OWNER = re.compile(r"[a-z\d][\w-]{0,38}", re.I | re.A)
REPOSITORY = re.compile(r"[\w.-]{1,100}", re.A)
NOT_OWNERS = re.compile(
    r"about|apps|collections|contact|customer-stories|enterprise|events|explore|features|gists?|issues|join|login|"
    r"marketplace|new|notifications|orgs|organizations|pricing|pulls|readme|search|security|settings|site|sponsors|"
    r"stars|team|topics|trending|users",
    re.I,
)
"""First parts of paths at GitHub that are pages, not people."""
FREE, WITH_TOKEN = 50, 2_000


def repository_of(address: str) -> str:
    """Give the `owner/name` an address leads to, lower case, or an empty text.

    >>> repository_of("https://github.com/Ann/Code.git"), repository_of("http://www.github.com/ann/code/tree/main?a=b")
    ('ann/code', 'ann/code')
    >>> repository_of("https://github.com/ann"), repository_of("https://gist.github.com/ann/0a1b2c")
    ('', '')
    >>> repository_of("https://github.com/orgs/ann/repositories"), repository_of("https://gitlab.com/ann/code")
    ('', '')
    """
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:
        return ""
    owner, _, rest = unquote(parts.path).lstrip("/").partition("/")
    name = rest.partition("/")[0].removesuffix(".git")
    if parts.scheme not in {"http", "https"} or host != "github.com" or port not in {None, 80, 443}:
        return ""
    if not OWNER.fullmatch(owner) or NOT_OWNERS.fullmatch(owner) or not REPOSITORY.fullmatch(name):
        return ""
    return f"{owner}/{name}".lower() if name.strip(".") else ""


def parse_repository(body: bytes, keys: Sequence[str], observed_at: datetime) -> Enrichment:
    """Put a repository into our words: its stars, for every paper it belongs to.

    Parameters
    ----------
    body : bytes
        A JSON object.
    keys : sequence of str
        The keys of the papers with this code.
    observed_at : datetime
        When the count was true; aware.

    Raises
    ------
    SourceError
        If it is no JSON object.
    """
    stars = read_object(body).get("stargazers_count")
    signals = [one for key in keys for one in count_signal(key, NAME, SignalKind.STARS, stars, observed_at)]
    faults = () if signals else tuple(Fault(reason="no count", where=key) for key in keys)
    return Enrichment(source=NAME, signals=tuple(signals), faults=faults, unknown=len(faults))


class GitHub:
    """GitHub over HTTP, a repository a request; it stops before the allowance is used up by force.

    Parameters
    ----------
    token : str
        A token of any account; without one GitHub answers 60 times an hour.
    most : int, optional
        How many repositories are asked for in one run.
    """

    name = NAME

    def __init__(self, fetcher: Fetcher, token: str = "", *, most: int | None = None, address: str = ADDRESS) -> None:
        self.fetcher, self.token, self.address = fetcher, token.strip(), address
        self.most = most if most is not None else WITH_TOKEN if self.token else FREE

    def enrich(self, papers: Sequence[Paper], observed_at: datetime) -> Iterator[Enrichment]:
        """Give the stars, one repository after the other, until the allowance ends."""
        keys: dict[str, list[str]] = {}
        for paper in papers:
            if repository := repository_of(paper.code_url):
                keys.setdefault(repository, []).append(paper.key)
        for done, (repository, whose) in enumerate(list(keys.items())[: self.most], 1):
            found, is_last = self._look(repository, whose, observed_at)
            if found:
                yield found
            if is_last and (found is None or done < len(keys)):
                where = f"after {done:,} of {len(keys):,} repositories"
                yield Enrichment(
                    source=NAME, faults=(Fault(reason="the allowance is used up", where=where, kept=True),)
                )
                return

    def _look(self, repository: str, keys: Sequence[str], at: datetime) -> tuple[Enrichment | None, bool]:
        try:
            answer = self.fetcher.ask(self.address + repository, headers=self._headers())
        except SourceError as error:
            if error.status in UNKNOWN | ODD:
                odd = [Fault(reason=f"status {error.status}", where=repository)] if error.status in ODD else []
                return Enrichment(source=NAME, unknown=len(keys), faults=tuple(odd)), False
            if error.status in {403, 429} and b"rate limit" in error.body.lower():
                return None, True
            raise
        is_last = answer.headers.get("x-ratelimit-remaining", "").strip() == "0"
        try:
            return parse_repository(answer.body, keys, at), is_last
        except SourceError as error:
            fault = Fault(reason=str(error), where=repository)
            return Enrichment(source=NAME, unknown=len(keys), faults=(fault,)), is_last

    def _headers(self) -> dict[str, str]:
        told = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        return told | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
