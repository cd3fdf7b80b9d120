"""Rehearse: mails of any kind for one reader as files, and a page that shows them side by side. Sends nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes
from pathlib import Path
from typing import Any

from digest.actions.rehearse import Rehearsed, moment_of
from digest.actions.report import Advance, Report, stay_silent
from digest.domain.message import KINDS, Message, NothingToShowError
from digest.domain.subscriber import Subscriber
from digest.mail.fitting import MOST_BYTES, MOST_ENCODED
from digest.mail.mime import message_of
from digest.resources import day_words, templates
from digest.service import Service

LONGEST_LINE = 998
"""Of any line of a message; the encoded lines of its parts are far shorter."""
SCALE = 120_000
"""Bytes that a whole bar stands for."""
FRAMES = "frames"
"""The folder of the variants that the page's frames show."""
DARK = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*(?={)")
STYLE = re.compile(r"<style.*?</style>", re.DOTALL)
NO_NETWORK = "default-src 'none'; style-src 'unsafe-inline'; img-src "
"""A frame loads nothing but the pictures of its mail; and what is pressed in it opens nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One size of a message in bytes: how far its bar goes, in hundredths, and where the limit stands if it has one."""

    name: str
    words: str
    amount: int
    limit: int | None = None
    scale: int = SCALE

    @property
    def filled(self) -> float:
        """How far the bar goes."""
        return min(100.0, round(100 * self.amount / self.scale, 1))

    @property
    def mark(self) -> float | None:
        """Where the limit stands."""
        return None if self.limit is None else round(100 * self.limit / self.scale, 1)

    @property
    def is_too_much(self) -> bool:
        """Whether the limit is passed."""
        return self.limit is not None and self.amount > self.limit


@dataclass(kw_only=True)
class RehearsalReport(Report):
    """Whom the mails are for, where they lie, and what they are; kinds that could not be made stand in `failed`."""

    reader: str = ""
    page: str = ""
    remarks: list[str] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)


def rehearse(
    service: Service,
    kinds: Sequence[str] = KINDS,
    *,
    into: Path,
    address: str = "",
    since: date | None = None,
    advance: Advance = stay_silent,
) -> RehearsalReport:
    """Write KIND.eml, KIND.html and KIND.txt for each kind, and index.html, which shows them.

    Parameters
    ----------
    into : the folder, made if it is not there
    address : the reader's; without one the first active reader, or an invented one
    since : of a catch-up, the last day that was covered before

    Raises
    ------
    LookupError, Refused
        If no reader has this address.
    """
    reader = service.reader_to_show(address)
    report = RehearsalReport(reader=reader.address, page=str(into / "index.html"), remarks=_remarks(service, reader))
    (into / FRAMES).mkdir(parents=True, exist_ok=True)
    shown = []
    for done, kind in enumerate(dict.fromkeys(kinds), 1):
        advance("rehearsing", done, len(kinds))
        try:
            shown.append(_written(service.rehearse(kind, reader, since), into))
        except NothingToShowError as error:
            report.failed.append(f"{kind}: {error}")
    report.mails = [_row(one) for one in shown]
    context = {"mails": shown, "report": report, "list_name": service.masthead.list_name, "folder": FRAMES}
    page = templates().get_template("web/rehearsal.html").render(context)
    Path(report.page).write_text(page, "utf-8")
    return report


def _remarks(service: Service, reader: Subscriber) -> list[str]:
    remarks = [] if reader.id else ["Nobody is subscribed: this reader is invented, and follows no topic."]
    desk, now = service.desk(), service.now()
    if desk and moment_of(desk, now) != now:
        on = day_words(desk.edition.day)
        remarks.append(f"The newest edition is of {on}: issues are shown as of then, and nobody gets them now.")
    return remarks


def _written(mail: Rehearsed, into: Path) -> dict[str, Any]:
    letter, message = mail.letter, message_of(mail.letter)
    for ending, body in (("eml", message.body), ("html", letter.html.encode()), ("txt", letter.text.encode())):
        (into / f"{mail.kind}.{ending}").write_bytes(body)
    for name, page in variants(letter.html).items():
        (into / FRAMES / f"{mail.kind}.{name}.html").write_text(page, "utf-8", newline="")
    headers = message.body.partition(b"\r\n\r\n")[0].decode()
    return {"mail": mail, "headers": headers, "sizes": sizes_of(mail, message)}


def _row(shown: Mapping[str, Any]) -> dict[str, Any]:
    sizes = {size.name: size.amount for size in shown["sizes"]}
    return {"kind": shown["mail"].kind, "subject": shown["mail"].letter.subject, **sizes}


def variants(html: str) -> dict[str, str]:
    """Give a page as frames show it whatever the browser's own wishes: light, dark, without pictures, without styles.

    >>> page = "<head><style>@media (prefers-color-scheme: dark){b{color:red}}</style></head>"
    >>> for name, variant in variants(page).items():
    ...     print(name, variant[variant.index("<style>"):] if "<style>" in variant else "-")
    light <style>@media not all{b{color:red}}</style></head>
    dark <style>@media all{b{color:red}}</style></head>
    imageless <style>@media not all{b{color:red}}</style></head>
    styleless -
    """
    light = _in_scheme(html, "light", "not all")
    return {
        "light": _sealed(light, "https: data:"),
        "dark": _sealed(_in_scheme(html, "dark", "all"), "https: data:"),
        "imageless": _sealed(light, "'none'"),
        "styleless": _sealed(STYLE.sub("", light), "https: data:"),
    }


def _in_scheme(html: str, scheme: str, query: str) -> str:
    return DARK.sub(f"@media {query}", html).replace('content="light dark"', f'content="{scheme}"')


def _sealed(html: str, pictures: str) -> str:
    seal = f'<meta http-equiv="Content-Security-Policy" content="{NO_NETWORK}{pictures}"><base target="_blank">'
    return html.replace("<head>", f"<head>{seal}", 1)


def sizes_of(mail: Rehearsed, message: Message) -> list[Size]:
    """Measure a message: its HTML before and after encoding, its text, all of it, and its longest line."""
    encoded = [str(part.get_payload()) for part in message_from_bytes(message.body).walk()][-1]
    longest = max(map(len, message.body.split(b"\r\n")))
    return [
        Size(name="html", words="HTML", amount=len(mail.letter.html.encode()), limit=MOST_BYTES),
        Size(name="html_encoded", words="HTML, encoded", amount=len(encoded), limit=MOST_ENCODED),
        Size(name="text", words="Text", amount=len(mail.letter.text.encode())),
        Size(name="message", words="Whole message", amount=len(message.body)),
        Size(name="longest_line", words="Longest line", amount=longest, limit=LONGEST_LINE, scale=LONGEST_LINE),
    ]
