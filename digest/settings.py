"""Every setting of the house: read from the environment (`DIGEST_…`) or a file `.env`, checked once, at the start."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from digest.domain.calendar import HOLIDAYS, read_holidays
from digest.domain.listing import SOURCE_NAMES
from digest.domain.profile import CATEGORY
from digest.domain.subscriber import Joining
from digest.settings_mail import LOOPBACK, MailSettings

KNOWN = {
    "preprint_servers": ("biorxiv", "medrxiv"),
    "enrichers": ("semanticscholar", "openalex", "github", "hackernews"),
}
LISTS = (
    "arxiv_categories",
    "arxiv_holidays",
    "preprint_servers",
    "feeds",
    "enrichers",
    "private_hosts",
    "joining_domains",
    "dkim_keys",
)
Names = Annotated[tuple[str, ...], NoDecode]


class Settings(MailSettings):
    """What an operator can set. The README's table is made of these descriptions."""

    model_config = SettingsConfigDict(env_prefix="DIGEST_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        "sqlite:///digest.sqlite3",
        description="Where the house remembers: a SQLite file, or `postgresql://name:password@host/database`.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Address readers reach the web under; https except on a loopback host."
    )
    list_name: str = Field("Trending papers", description="Name of the list, in the From line and at the top of mails.")
    sender: str = Field("papers@digest.example", description="Address issues are sent from, without a name.")
    contact: str = Field(
        "the operator of this digest",
        description="Who answers for this service: in the mail's footer and the User-Agent of every request.",
    )
    postal_address: str = Field("", description="Postal address for the mail's footer; many countries demand one.")
    joining: Joining = Field(
        Joining.OPEN, description="Who may join: `open`, `domains`, `invitation` or `approval` (by the administrator)."
    )
    joining_domains: Names = Field((), description="Mail domains that may join when `joining` is `domains`.")
    admin_password: SecretStr = Field(
        SecretStr(""), description="Password of `/admin` (any user name); empty switches the pages off."
    )
    signing_key: SecretStr = Field(
        SecretStr(""), description="Key that signs links, 32 characters or more; empty: made at the first migrate."
    )
    arxiv_categories: Names = Field(
        ("cs.AI", "cs.CL", "cs.CV", "cs.LG"),
        description="arXiv categories to collect, by comma; empty switches arXiv off.",
    )
    arxiv_completion: bool = Field(
        True, description="Whether arXiv's API completes what the day feed lacks: comments, affiliations, first dates."
    )
    arxiv_holidays: Names = Field(
        tuple(HOLIDAYS.split()), description="Weekdays on which arXiv announces nothing, by comma, as 2026-11-26."
    )
    preprint_servers: Names = Field((), description="`biorxiv`, `medrxiv` or both, by comma.")
    feeds: Names = Field(
        (),
        description="Other RSS, Atom or JSON feeds, by comma, each as `name=https://…`; the name marks their papers.",
    )
    huggingface_trending: bool = Field(False, description="Whether to collect Hugging Face's trending list as well.")
    semantic_scholar_key: SecretStr = Field(SecretStr(""), description="API key of Semantic Scholar.")
    openalex_key: SecretStr = Field(SecretStr(""), description="API key of OpenAlex.")
    github_token: SecretStr = Field(SecretStr(""), description="Token for GitHub; without it 60 papers an hour.")
    enrichers: Names = Field(
        (), description="Who is asked for more: `semanticscholar`, `openalex`, `github`, `hackernews`, by comma."
    )
    private_hosts: Names = Field(
        (), description="Hosts on a private network that sources may be read from, by comma; all others are refused."
    )
    huggingface: bool = Field(True, description="Whether to collect Hugging Face Daily Papers.")
    collect_hour: int = Field(
        6,
        ge=5,
        le=23,
        description="UTC hour, 5 or later, from which a day is collected and published; again every three hours.",
    )
    cache_folder: Path = Field(Path(".cache"), description="Folder of the HTTP cache and the hosts' turns.")
    collect_patience: int = Field(
        4,
        ge=0,
        le=20,
        description="Hours after `collect_hour` in which a stale or partial day is read again and again.",
    )
    field_balance: float = Field(
        0.5,
        ge=0,
        le=1,
        description="How far a paper is ranked within its field: "
        "0 compares it with all of its age, 1 with its own field.",
    )
    operator_address: str = Field(
        "", description="Who is mailed when a source fails, mail cannot leave or the clock stood."
    )
    webhook_url: SecretStr = Field(SecretStr(""), description="Address that is posted the same as JSON.")
    ping_url: SecretStr = Field(
        SecretStr(""), description="Address that is asked after every edition: an outside monitor's dead-man's switch."
    )
    send_window_minutes: int = Field(
        0, ge=0, le=120, description="Minutes over which the issues of one hour are spread, each reader at its own."
    )
    log_format: Literal["keys", "json"] = Field(
        "keys", description="How `digest serve` writes its log: lines of `key=value`, or of `json`."
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Addresses of web servers before this one whose `X-Forwarded-For` is believed, by comma.",
    )

    @field_validator(*LISTS, mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("joining_domains")
    @classmethod
    def _domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.removeprefix("@").lower().encode("idna").decode("ascii") for name in value)

    @field_validator("webhook_url", "ping_url")
    @classmethod
    def _called(cls, value: SecretStr) -> SecretStr:
        return SecretStr(_secure(value.get_secret_value()))

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        return _secure(value)

    @field_validator("list_name", "contact", "postal_address")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable() or "=?" in value:
            raise ValueError("it stands in mail headers: one line, without control characters and without '=?'")
        return value

    @field_validator("sender", "operator_address", "bounce_address")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value:
            return value
        try:
            facts = validate_email(value, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False)
        except EmailNotValidError as error:
            raise ValueError(f"it must be a bare address such as papers@example.org: {error}") from error
        return facts.ascii_email or value

    @field_validator("arxiv_categories")
    @classmethod
    def _categories(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [name for name in value if not CATEGORY.match(name)]:
            raise ValueError(f"not an arXiv category: {', '.join(wrong)}; separate them by commas, as in cs.AI,cs.CL")
        return value

    @field_validator("arxiv_holidays")
    @classmethod
    def _days(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        read_holidays(value)
        return value

    @field_validator("preprint_servers", "enrichers")
    @classmethod
    def _known(cls, value: tuple[str, ...], told: ValidationInfo) -> tuple[str, ...]:
        known = KNOWN[str(told.field_name)]
        if wrong := [name for name in value if name not in known]:
            raise ValueError(f"unknown: {', '.join(wrong)}; it may name {', '.join(known)}")
        return value

    @field_validator("feeds")
    @classmethod
    def _feeds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in value if not re.fullmatch(r"[\w.-]{1,40}=https?://\S+", one)]:
            raise ValueError(f"a feed is name=https://…, not {', '.join(wrong)}")
        names = [one.partition("=")[0] for one in value]
        if taken := {name for name in names if names.count(name) > 1 or name in SOURCE_NAMES}:
            raise ValueError(f"every feed has a name of its own; taken: {', '.join(sorted(taken))}")
        return value

    @field_validator("signing_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 32:
            raise ValueError("it must have 32 characters or more")
        return value

    @model_validator(mode="after")
    def _together(self) -> "Settings":
        if self.joining is Joining.DOMAINS and not self.joining_domains:
            raise ValueError("DIGEST_JOINING is 'domains', but DIGEST_JOINING_DOMAINS names none")
        if self.collect_hour + self.collect_patience > 23:
            raise ValueError("DIGEST_COLLECT_HOUR and DIGEST_COLLECT_PATIENCE together must end before midnight UTC")
        return self

    @property
    def domain(self) -> str:
        """The sender's domain, in ASCII."""
        return self.sender.rpartition("@")[2]

    @property
    def list_id(self) -> str:
        """The List-Id of RFC 2919: stable, under the sender's domain."""
        return f"daily.digest.{self.domain}"


def _secure(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment):
        raise ValueError(f"it must be an address such as https://digest.example.org, not {value!r}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError(f"it must begin with https:// (http is for loopback hosts only), not {value!r}")
    return value.rstrip("/")
