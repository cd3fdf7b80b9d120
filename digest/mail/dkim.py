"""DKIM (RFC 6376): signs a message on its way out, so that receivers know that it is the sender's and unchanged."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Self

import dkim
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from dkim.canonicalization import CanonicalizationPolicy

from digest.domain.delivery import Reply
from digest.domain.message import Message
from digest.mail.transport import Transport, TransportDown

Secret = RSAPrivateKey | Ed25519PrivateKey
FORM = CanonicalizationPolicy.from_c_value(b"relaxed/simple")
"""Headers may be folded anew on the way; our bodies are ASCII in short lines, which no relay has a reason to touch."""
SIGNED = (
    b"from to cc subject date message-id reply-to mime-version content-type content-transfer-encoding list-id "
    b"list-unsubscribe list-unsubscribe-post list-help auto-submitted"
).split()  # fmt: skip
SEALED = b"from subject date to reply-to list-unsubscribe list-unsubscribe-post".split()
"""Named once more than they stand there, so that no other can be added."""
NAME = b"DKIM-Signature"
ROOM = {"b": "0" * 60}
"""What stands for the signature while the header is folded, so that the real one moves no other field."""
RSA_BITS = 2048
"""RFC 8301, 3.2; less is forged too cheaply, more does not fit what name servers and receivers expect."""
LONGEST_STRING = 255
"""Bytes of one string of a TXT record; a longer text is several strings, which are read as one."""


class BadKeyError(Exception):
    """A file holds no key that DKIM can sign with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A private key under the selector that its public half is published under.

    Attributes
    ----------
    selector : the first part of the record's name
    secret : RSA, which every receiver knows, or Ed25519 (RFC 8463), which is short and known to few
    """

    selector: str
    secret: Secret

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a key from a PEM file, which is named as its selector; raises BadKeyError."""
        try:
            secret = serialization.load_pem_private_key(path.read_bytes(), None)
        except OSError as error:
            raise BadKeyError(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise BadKeyError(f"{path} holds no private key in PEM form without a password") from error
        if not isinstance(secret, Secret) or (isinstance(secret, RSAPrivateKey) and secret.key_size < RSA_BITS):
            raise BadKeyError(f"{path} holds a key of another kind than RSA of {RSA_BITS} bits or more, or Ed25519")
        return cls(selector=path.stem, secret=secret)

    @property
    def kind(self) -> str:
        """The name of the key's algorithm in signatures and records."""
        return "rsa" if isinstance(self.secret, RSAPrivateKey) else "ed25519"

    @property
    def pem(self) -> bytes:
        """The private key as a PEM file holds it."""
        form, shape = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
        return self.secret.private_bytes(shape, form, serialization.NoEncryption())

    @property
    def record(self) -> tuple[str, ...]:
        """The strings of the TXT record to publish.

        Examples
        --------
        >>> record = Key(selector="2026-rsa", secret=new_secrets()["rsa"]).record
        >>> record[0][:18], [len(string) for string in record]
        ('v=DKIM1; k=rsa; p=', [255, 155])
        """
        shape, public = serialization.Encoding, self.secret.public_key()
        if isinstance(self.secret, RSAPrivateKey):
            told = public.public_bytes(shape.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        else:
            told = public.public_bytes(shape.Raw, serialization.PublicFormat.Raw)
        text = f"v=DKIM1; k={self.kind}; p={base64.b64encode(told).decode()}"
        return tuple(text[at : at + LONGEST_STRING] for at in range(0, len(text), LONGEST_STRING))

    def sign(self, digest: bytes) -> "_Signature":
        """Sign a SHA-256 digest."""
        if isinstance(self.secret, RSAPrivateKey):
            return _Signature(self.secret.sign(digest, PKCS1v15(), Prehashed(hashes.SHA256())))
        return _Signature(self.secret.sign(digest))


@dataclass(frozen=True, slots=True)
class _Signature:
    """A signature in the form of PyNaCl, which is what dkimpy expects."""

    signature: bytes


def new_secrets() -> dict[str, Secret]:
    """Make a new key of each kind, by its name."""
    return {"rsa": generate_private_key(65537, RSA_BITS), "ed25519": Ed25519PrivateKey.generate()}


class Signer:
    """Signs messages of a domain, with RSA first: some receivers look at the first signature only.

    The same message gets the same signatures, for their time is that of its own Date.

    Parameters
    ----------
    domain : str
        The domain of the From line.
    keys : sequence of Key

    Examples
    --------
    >>> head = b"From: a@b.example\\r\\nDate: Tue, 17 Mar 2026 09:00:00 +0000\\r\\n\\r\\n"
    >>> message = Message(id="1", sender="a@b.example", recipient="c@d.example", body=head + b"Hello\\r\\n")
    >>> keys = [Key(selector=f"2026-{kind}", secret=secret) for kind, secret in new_secrets().items()]
    >>> signed = Signer("b.example", keys).signed(message)
    >>> signed.body.count(b"DKIM-Signature: "), signed.body.endswith(message.body)
    (2, True)
    """

    def __init__(self, domain: str, keys: Sequence[Key]) -> None:
        self.domain, self.keys = domain, sorted(keys, key=lambda key: key.kind, reverse=True)

    def signed(self, message: Message) -> Message:
        """Give a message with a signature of each key above it; raises ValueError for one without a right Date."""
        head, _, body = message.body.partition(b"\r\n\r\n")
        # In the form named here dkimpy leaves the signing to the key; in its other one it computes RSA in Python,
        # which takes twenty times as long. What the signature says of itself is written in its fields.
        letter = dkim.DKIM(head, signature_algorithm=b"ed25519-sha256")
        letter.hasher = sha256
        found = {name.lower(): value for name, value in letter.headers}
        names = [name for name in SIGNED if name in found] + SEALED
        facts = {"t": _seconds(found.get(b"date", b"")), "h": b" : ".join(names).decode()}
        facts["bh"] = base64.b64encode(sha256(FORM.canonicalize_body(body)).digest()).decode()
        fields = [self._fields(key) | facts | ROOM for key in self.keys]
        lines = [
            letter.gen_header([(name.encode(), said.encode()) for name, said in one.items()], names, FORM, NAME, key)
            for one, key in zip(fields, self.keys, strict=True)
        ]
        return replace(message, body=b"".join(NAME + b": " + line for line in lines) + message.body)

    def _fields(self, key: Key) -> dict[str, str]:
        form = FORM.to_c_value().decode()
        return {"v": "1", "a": f"{key.kind}-sha256", "c": form, "d": self.domain, "s": key.selector}


class Signing:
    """Carries messages out by another transport, signed on their way; what the house keeps of them is unsigned.

    Parameters
    ----------
    by : Transport
    domain : str
        The domain of the From line.
    paths : sequence of Path
        PEM files, each named as its selector; read when it is opened.
    """

    def __init__(self, by: Transport, domain: str, paths: Sequence[Path]) -> None:
        self.by, self.domain, self.paths = by, domain, paths

    @cached_property
    def signer(self) -> Signer:
        """The signer; raises TransportDown where a key cannot be read: nothing leaves without its signature."""
        try:
            return Signer(self.domain, [Key.read(path) for path in self.paths])
        except BadKeyError as error:
            raise TransportDown(f"mail cannot be signed: {error}", for_all=True) from error

    def open(self) -> None:
        """Read the keys, and let the other open: nothing is begun that could not be signed."""
        _ = self.signer
        self.by.open()

    def send(self, message: Message) -> Reply:
        """Sign one message and let it be carried."""
        return self.by.send(self.signer.signed(message))

    def close(self) -> None:
        """Let go of what is open."""
        self.by.close()


def _seconds(date: bytes) -> str:
    return str(int(parsedate_to_datetime(date.decode("ascii").strip()).timestamp()))
