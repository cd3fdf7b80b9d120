"""Subscribers as rows: whatever a reader follows comes back as it was, and what a row cannot say is said."""

import csv
import io

import pytest

from digest.domain.profile import Stance, read_topics
from digest.domain.subscriber import Layout, Wishes
from digest.journeys.register import COLUMNS, read_rows, register, row_of, wishes_of
from digest.service import Service
from digest.store.database import Database
from tests.cast import joined


def written(database: Database, wishes: Wishes) -> dict[str, str]:
    """Give a reader with these wishes as a row that went through a file."""
    file = io.StringIO()
    table = csv.DictWriter(file, COLUMNS)
    table.writeheader()
    table.writerow(row_of(joined(database, "ada", wishes=wishes), {}))
    [row] = read_rows(io.StringIO(file.getvalue(), newline=""))
    return row


def test_a_semicolon_in_a_topic_parts_no_topics(service: Service) -> None:
    alone = read_topics(["graphs; trees + a, b"])
    several = read_topics(["cs; ai", '"video; film"', "music"], stance=Stance.NEVER)
    wishes = Wishes(topics=alone + several)
    assert wishes_of(written(service.database, wishes)) == wishes


@pytest.mark.parametrize("layout", Layout)
def test_layout_and_quiet_days_go_through_a_file(service: Service, layout: Layout) -> None:
    wishes = Wishes(layout=layout, quiet_days=layout is Layout.FULL)
    assert wishes_of(written(service.database, wishes)) == wishes


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"layout": "wide"}, "layout is compact, normal or full, not 'wide'"),
        ({"quiet_days": "1"}, "quiet_days is yes or no, not '1'"),
        ({"less": "http://x"}, "a topic is words, a category, or a name; 'http://x' looks like a web address"),
        ({"frequency": "hourly"}, "frequency is daily, weekdays or weekly, not 'hourly'"),
    ],
)
def test_a_word_that_is_no_choice_is_refused_with_those_that_are(row: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        wishes_of(row)


def test_topics_typed_in_one_line_are_parted_by_semicolons() -> None:
    assert wishes_of({"topics": "graphs; cs.CL"}).topics == read_topics(["graphs", "cs.CL"])


def test_a_paper_known_by_a_title_that_is_not_known_here_is_counted_and_named(service: Service) -> None:
    rows = [
        {"address": "ada@readers.example", "liked": "title:0123456789abcdef\n2603.00001"},
        {"address": "bela@readers.example", "disliked": "title:0123456789abcdef"},
        {"address": "bela@readers.example", "disliked": "title:fedcba9876543210"},
    ]
    report = register(service, rows)
    assert (report.added, report.done) == (2, True)
    assert dict(report.noticed) == {"known by its title alone, and not known here: counts once a source lists it": 2}
    assert report.named == [
        f"{name}@readers.example: title:0123456789abcdef is not known here" for name in ("ada", "bela")
    ]
    assert report.to_json()["noticed"] == dict(report.noticed)
