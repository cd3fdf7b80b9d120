"""Keys: makes the DKIM keys of a domain as files, and says which DNS records make them known to receivers."""

import errno
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from digest.mail.dkim import BadKeyError, Key, new_secrets
from digest.settings_mail import SELECTOR

LONGEST_NAME = 40
"""The kind of the key is added, and a part of a host name has 63 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A TXT record to publish; its strings are read as one text.

    Examples
    --------
    >>> print(Record(name="a._domainkey.example.org", strings=("v=DKIM1; k=rsa; p=AB", "CD")).line)
    a._domainkey.example.org. IN TXT ( "v=DKIM1; k=rsa; p=AB" "CD" )
    """

    name: str
    strings: tuple[str, ...]

    @property
    def line(self) -> str:
        """The record as it stands in a zone file."""
        strings = " ".join(f'"{string}"' for string in self.strings)
        return f"{self.name}. IN TXT ( {strings} )"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKeys:
    """The files that were made, in the order of signing, and the records that belong to them."""

    files: tuple[str, ...]
    records: tuple[Record, ...]

    def to_json(self) -> dict[str, Any]:
        """Give both for programs."""
        return asdict(self)


def new_keys(domain: str, selector: str, into: Path) -> NewKeys:
    """Make an RSA and an Ed25519 key and write each into a file that only its owner reads.

    Raises
    ------
    ValueError
        If the selector cannot be a part of a host name.
    FileExistsError
        If one of the files is there: a key that may be in use is never written over.
    """
    if len(selector) > LONGEST_NAME or not re.fullmatch(SELECTOR, selector):
        raise ValueError(f"a selector is letters, digits and hyphens, {LONGEST_NAME} at most, not {selector!r}")
    keys = [Key(selector=f"{selector}-{kind}", secret=secret) for kind, secret in new_secrets().items()]
    paths = [into / f"{key.selector}.pem" for key in keys]
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in paths:
        if path.exists():
            raise FileExistsError(errno.EEXIST, "this key is there already; choose another --selector", str(path))
    for key, path in zip(keys, paths, strict=True):
        path.touch(0o600, exist_ok=False)
        path.write_bytes(key.pem)
    records = [Record(name=f"{key.selector}._domainkey.{domain}", strings=key.record) for key in keys]
    return NewKeys(files=tuple(map(str, paths)), records=tuple(records))


def faults_of(paths: Iterable[Path]) -> list[str]:
    """Say of each file that holds no key to sign with what is wrong with it.

    >>> faults_of([Path("/gone.pem")])
    ['/gone.pem cannot be read: No such file or directory']
    """
    faults = []
    for path in paths:
        try:
            Key.read(path)
        except BadKeyError as error:
            faults.append(str(error))
    return faults
