"""The settings by which mail leaves: transport, mail servers and how they are spoken to, keys, where bounces go."""

import re
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

IMAP_PORT = 993
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SELECTOR = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
"""What a DKIM key may be called: it is a part of a host name (RFC 6376, 3.1)."""
LONGEST_BOUNCER = 28
"""Characters before the @ of `bounce_address`: with a token of 36 behind them there may be 64 (RFC 5321, 4.5.3.1)."""
SHORTEST_SECRET = 16
"""Characters of a secret that nobody guesses."""


class MailSettings(BaseSettings):
    """The part of the settings that says how mail leaves."""

    transport: Literal["maildir", "folder", "stdout", "smtp", "lmtp"] = Field(
        "maildir",
        description="How mail leaves: by `smtp` or `lmtp`; or it stays here, in a `maildir`, as `.eml` files in a "
        "`folder`, or on `stdout`.",
    )
    outbox: Path = Field(Path("outbox"), description="The folder of the transports `maildir` and `folder`.")
    bounce_address: str = Field(
        "",
        description="Where bounces go, as bounce@example.org: each delivery has a signed address of its own, "
        "bounce+…@example.org; empty: to the sender.",
    )
    smtp_host: str = Field(
        "localhost",
        description="Mail server of the transports `smtp` and `lmtp`, as `host` or `host:port`, for `lmtp` also the "
        "path of a socket. Of several, by comma, the next is tried when one cannot be used.",
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port, where `smtp_host` says none.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`starttls`, `tls` from the first byte, or `none` for a relay in your own network."
    )
    smtp_user: str = Field("", description="Name to log in with; empty logs in nobody.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password to log in with.")
    smtp_ca_file: str = Field(
        "", description="PEM file of who may vouch for the mail server; empty: whom this machine trusts."
    )
    smtp_client_certificate: str = Field(
        "", description="PEM file with the certificate and the key this service shows to the mail server."
    )
    utf8_addresses: bool = Field(
        False,
        description="Whether addresses with letters beyond ASCII before the @ may sign up: your mail server must "
        "announce SMTPUTF8, which `digest doctor` says.",
    )
    bounce_maildir: str = Field("", description="Maildir folder that is read for what comes back; empty: none.")
    bounce_imap_host: str = Field(
        "", description="IMAP server, over TLS, whose inbox is read for what comes back, as `host` or `host:port`."
    )
    bounce_imap_user: str = Field("", description="Name to log in there with.")
    bounce_imap_password: SecretStr = Field(SecretStr(""), description="Password to log in there with.")
    bounce_lmtp: str = Field(
        "",
        description="Where `digest serve` takes in by LMTP what comes back, as `host:port`, or a port of this machine; "
        "empty: nowhere.",
    )
    bounce_webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Key that signs what is posted to `/returns`, 16 characters or more; "
        "empty: nothing is taken there.",
    )
    connections: int = Field(
        4,
        ge=1,
        le=50,
        description="Connections to the mail server at once; where there are several, one more for confirmations.",
    )
    connections_per_domain: int = Field(2, ge=1, description="Messages that are under way to one mail domain at once.")
    rate: int = Field(0, ge=0, description="Messages a minute that one process sends at most; 0 is no limit.")
    rate_per_domain: int = Field(
        0, ge=0, description="Messages a minute that one process sends at most to one mail domain; 0 is no limit."
    )
    ramp_first_day: int = Field(
        0, ge=0, description="Issues a new sender sends on its first day, doubled every day; 0 is no limit."
    )
    dkim_keys: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="PEM files of the DKIM keys that sign every mail, by comma, each named as its selector, as "
        "`dkim/202611-rsa.pem`; empty: your mail server signs.",
    )

    @property
    def relays(self) -> tuple[tuple[str, int], ...]:
        """The mail servers in the order they are tried: host, or path of a socket, and port.

        >>> MailSettings(smtp_host="mail.example.org, [::1]:2525,/run/lmtp", transport="lmtp").relays
        (('mail.example.org', 587), ('::1', 2525), ('/run/lmtp', 587))
        """
        return tuple(_relay(named.strip(), self.smtp_port) for named in self.smtp_host.split(","))

    @property
    def bounce_imap(self) -> tuple[str, int]:
        """Host and port of the IMAP server that is read."""
        return _relay(self.bounce_imap_host, IMAP_PORT)

    @property
    def lmtp_door(self) -> tuple[str, int] | None:
        """Where what comes back is taken in by LMTP, or None.

        >>> MailSettings(bounce_lmtp="8024", bounce_address="bounce@example.org").lmtp_door
        ('127.0.0.1', 8024)
        """
        named = self.bounce_lmtp if ":" in self.bounce_lmtp else f"127.0.0.1:{self.bounce_lmtp}"
        return _relay(named, -1) if self.bounce_lmtp else None

    def is_for_bounces(self, address: str) -> bool:
        """Whether an address is `bounce_address`, with whatever token.

        >>> said = MailSettings(bounce_address="bounce@example.org")
        >>> [said.is_for_bounces(to) for to in ("Bounce+7abc@Example.org", "ada@example.org", "bounce@example.com")]
        [True, False, False]
        """
        local, _, domain = address.lower().rpartition("@")
        return bool(local) and f"{local.partition('+')[0]}@{domain}" == self.bounce_address.lower()

    @property
    def is_sending(self) -> bool:
        """Whether mail leaves by a mail server."""
        return self.transport in {"smtp", "lmtp"}

    @property
    def way_out(self) -> str:
        """Where mail goes, in words."""
        if self.is_sending:
            return f"by {self.transport} to {self.smtp_host}"
        return "to stdout" if self.transport == "stdout" else f"into {self.outbox}"

    @field_validator("smtp_host", "bounce_imap_host")
    @classmethod
    def _servers(cls, value: str, told: ValidationInfo) -> str:
        are_many = told.field_name == "smtp_host"
        named = value.split(",") if are_many else [value] * bool(value)
        if not all(_can_be_reached(*_relay(one.strip(), IMAP_PORT)) for one in named):
            form = "name mail servers by comma, each as host or host:port" if are_many else "be host or host:port"
            raise ValueError(f"it must {form}, not {value!r}")
        return value

    @field_validator("bounce_address")
    @classmethod
    def _has_room(cls, value: str) -> str:
        if len(value.rpartition("@")[0]) > LONGEST_BOUNCER:
            raise ValueError(f"before its @ it may have {LONGEST_BOUNCER} characters: a token is added to them")
        return value

    @field_validator("bounce_webhook_secret")
    @classmethod
    def _not_guessed(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"it must have {SHORTEST_SECRET} characters or more")
        return value

    @field_validator("dkim_keys")
    @classmethod
    def _selectors(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        if wrong := [str(path) for path in value if not re.fullmatch(SELECTOR, path.stem)]:
            raise ValueError(f"a key's file is named as its selector, in letters and digits, not {', '.join(wrong)}")
        if len({path.stem for path in value}) < len(value):
            raise ValueError("two keys have one selector")
        if lacking := [str(path) for path in value if not path.is_file()]:
            raise ValueError(f"there is no {', '.join(lacking)}; leave it out until `digest dkim new` has made it")
        return value

    @model_validator(mode="after")
    def _can_be_spoken_to(self) -> "MailSettings":
        if self.transport == "smtp" and any(host.startswith("/") for host, _ in self.relays):
            raise ValueError("DIGEST_SMTP_HOST is a socket: that is for the transport 'lmtp'")
        if self.transport == "lmtp" and self.smtp_security == "tls":
            raise ValueError("DIGEST_SMTP_SECURITY is 'tls', which is not for the transport 'lmtp': use 'starttls'")
        if self.lmtp_door and not (0 <= self.lmtp_door[1] < 65_536 and self.bounce_address):
            raise ValueError("DIGEST_BOUNCE_LMTP must be host:port or a port, and needs DIGEST_BOUNCE_ADDRESS")
        is_near = all(host in LOOPBACK or host.startswith("/") for host, _ in self.relays)
        if self.smtp_user and self.smtp_security == "none" and not is_near:
            raise ValueError(
                "DIGEST_SMTP_USER is set, but DIGEST_SMTP_SECURITY is 'none': a password never goes out so"
            )
        return self


def _relay(named: str, usual: int) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[^\]]+\]|[^:/\[\]]+):([0-9]{1,5})", named)
    host, port = found.groups() if found else (named, usual)
    return host.removeprefix("[").removesuffix("]"), int(port)


def _can_be_reached(host: str, port: int) -> bool:
    """Whether a host has the form of one: a colon stands in a socket's path, or in an address of IPv6.

    >>> [_can_be_reached(*_relay(named, 25)) for named in ("mail.example.org", "::1", "127.0.0.1:abc", "a:99999")]
    [True, True, False, False]
    """
    if ":" in host and not host.startswith("/"):
        try:
            IPv6Address(host)
        except ValueError:
            return False
    return bool(host) and 0 < port < 65_536
