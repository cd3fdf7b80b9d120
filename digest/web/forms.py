"""Forms: what a reader typed becomes wishes, and wishes become what a form shows. Nothing is kept or rendered here."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from fastapi import Request

from digest.domain.cadence import Cadence, Frequency
from digest.domain.profile import Stance, Topic, contradiction, read_topics
from digest.domain.subscriber import ANSWERS, PLAIN, Layout, Wishes
from digest.domain.text import tidy
from digest.web.guards import MOST_BYTES, MOST_PAPERS_BYTES

MOST_FIELDS = 20
PAUSES = (1, 2, 4)
"""How many weeks a pause may take by one press."""
NUMBER = re.compile(r"-?[0-9]{1,6}")


class Mistakes(ValueError):  # noqa: N818 - the page says it in these words.
    """Some fields hold what cannot be kept; `by_field` has a sentence for each."""

    def __init__(self, by_field: Mapping[str, str]) -> None:
        super().__init__(" ".join(by_field.values()))
        self.by_field = dict(by_field)


async def sent_form(request: Request) -> dict[str, str]:
    """Read the fields of a form, urlencoded or multipart; files are refused, any other body is an empty form."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=MOST_BYTES) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


async def sent_papers(request: Request) -> tuple[str, bytes]:
    """Read what a reader sends of papers: what was typed into the field `papers`, and the one file `file`."""
    async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=MOST_PAPERS_BYTES) as form:
        typed, file = form.get("papers"), form.get("file")
        body = b"" if file is None or isinstance(file, str) else await file.read()
        return typed if isinstance(typed, str) else "", body


def sentence(error: Exception) -> str:
    """Make the sentence a reader gets of an error.

    >>> sentence(ValueError("an issue holds 3 to 25 papers, not 40"))
    'An issue holds 3 to 25 papers, not 40.'
    """
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def fields_of(wishes: Wishes) -> dict[str, str]:
    """Give what the fields of a form hold for wishes.

    >>> fields_of(Wishes(topics=read_topics(["cs.CL", "protein design"])))["topics"]
    'cs.CL\\nprotein design'
    """
    return {
        "topics": _typed(topic for topic in wishes.topics if topic.stance is Stance.FOLLOW),
        "less": _typed(topic for topic in wishes.topics if topic.stance is Stance.LESS),
        "never": _typed(topic for topic in wishes.topics if topic.stance is Stance.NEVER),
        "frequency": wishes.cadence.frequency.value,
        "hour": str(wishes.cadence.hour),
        "zone": wishes.cadence.zone,
        "length": str(wishes.length),
        "minutes": str(wishes.minutes),
        "trend_weight": str(round(100 * wishes.trend_weight)),
        "breadth": str(round(100 * wishes.breadth)),
        "bar": str(round(100 * wishes.bar)),
        "layout": wishes.layout.value,
        "quiet_days": ANSWERS[wishes.quiet_days],
    }


def read_wishes(typed: Mapping[str, str], present: Wishes) -> Wishes:
    """Read wishes from the fields of a form; a field that was not sent stays as it is at `present`.

    Raises
    ------
    Mistakes
        If a field holds what cannot be kept.

    >>> read_wishes({"hour": "25", "length": "many"}, Wishes())
    Traceback (most recent call last):
    digest.web.forms.Mistakes: The hour lies between 0 and 23, not 25. Type a whole number, not 'many'.
    """
    read: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, words in {**fields_of(present), **typed}.items():
        try:
            read[name] = READINGS[name](words) if name in READINGS else words
        except ValueError as error:
            wrong[name] = sentence(error)
    topics = sum((read.get(name, ()) for name in ("topics", "less", "never")), ())
    if not wrong and (both := contradiction(topics)):
        wrong["never"] = f"“{both}” stands in two of the fields for topics; it can be in one of them only."
    if wrong:
        raise Mistakes(wrong)
    cadence = Cadence(frequency=read["frequency"], hour=read["hour"], zone=read["zone"])
    plain = {name: read[name] for name in PLAIN}
    return Wishes(topics=topics, cadence=cadence, **plain)


def read_pause(typed: Mapping[str, str], today: date) -> date | None:
    """Read when a pause ends: some `weeks` from today, on the day `until`, or, with neither, when the reader resumes.

    Raises
    ------
    Mistakes
        If it can be neither.

    >>> read_pause({"weeks": "2"}, date(2026, 3, 17)), read_pause({"until": ""}, date(2026, 3, 17))
    (datetime.date(2026, 3, 31), None)
    """
    weeks, until = typed.get("weeks", ""), typed.get("until", "").strip()
    if weeks:
        if weeks not in map(str, PAUSES):
            raise Mistakes({"until": f"Choose {', '.join(map(str, PAUSES))} weeks, or a day."})
        return today + timedelta(weeks=int(weeks))
    try:
        return date.fromisoformat(until) if until else None
    except ValueError:
        raise Mistakes({"until": f"Type a day such as {today + timedelta(days=7)}, not {until[:20]!r}."}) from None


def _whole(text: str) -> int:
    if not NUMBER.fullmatch(text.strip()):
        raise ValueError(f"type a whole number, not {text[:20]!r}")
    return int(text)


def _share(text: str) -> float:
    if (hundredths := _whole(text)) not in range(101):
        raise ValueError(f"choose a number from 0 to 100, not {hundredths}")
    return hundredths / 100


def _choice(words: Iterable[str], text: str) -> str:
    if text not in (known := list(words)):
        raise ValueError(f"choose one of {', '.join(known)}")
    return text


def _lines(text: str) -> list[str]:
    return [tidy(line) for line in text.splitlines()]


READINGS: Mapping[str, Callable[[str], Any]] = {
    "topics": lambda text: read_topics(_lines(text)),
    "less": lambda text: read_topics(_lines(text), stance=Stance.LESS),
    "never": lambda text: read_topics(_lines(text), stance=Stance.NEVER),
    "frequency": lambda text: Frequency(_choice(Frequency, text)),
    "hour": lambda text: Cadence(hour=_whole(text)).hour,
    "zone": lambda text: Cadence(zone=tidy(text)).zone,
    "length": lambda text: Wishes(length=_whole(text)).length,
    "minutes": lambda text: Wishes(minutes=_whole(text)).minutes,
    "breadth": _share,
    "bar": _share,
    "trend_weight": _share,
    "layout": lambda text: Layout(_choice(Layout, text)),
    "quiet_days": lambda text: _choice(ANSWERS.values(), text) == ANSWERS[True],
}
"""How each field is read: by the rule of the domain that it falls under, alone, so that its error is its own.

The sliders go from 0 to 100 on the page, so that their errors must speak of these numbers and not of the domain's.
"""


def _typed(topics: Iterable[Topic]) -> str:
    return "\n".join(topic.typed for topic in topics)
