"""What a reader likes: kept once, whole libraries of it, nothing lost without a word; a click says what it moved."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import httpx2
import pytest
from sqlalchemy import func, select

from digest.actions import subscribe
from digest.actions.enrich import enrich
from digest.actions.like import Moved, like, react
from digest.actions.preview import sample
from digest.domain.delivery import Kind
from digest.domain.interests import interests_of
from digest.domain.listing import Enrichment, Fault
from digest.domain.paper import Paper
from digest.domain.profile import MOST_REACTIONS, read_topics
from digest.domain.subscriber import Joining, Refused, Subscriber, Wishes
from digest.links import BadLink, Purpose
from digest.service import Service
from digest.sources.arxiv_api import ArxivApi
from digest.sources.arxiv_days import ArxivCompletion
from digest.store import deliveries, editions, papers, profiles, reactions, subscribers, tables, told
from digest.store.database import Database
from tests.builders import DAY, NOW, listings, paper
from tests.cast import joined
from tests.sources.enriching import fetcher_for
from tests.sources.test_arxiv_api import feed

LATER = NOW + timedelta(days=1)
UNTOLD = Paper(key="arxiv:2603.00091", title="")


def liked(database: Database, reader: Subscriber) -> list[tuple[int, bool]]:
    with database.reading() as connection:
        return [(one.paper_id, one.liked) for one in reactions.of(connection, [reader.id]).get(reader.id, [])]


def again(database: Database, reader: Subscriber) -> Subscriber:
    with database.reading() as connection:
        found = subscribers.with_id(connection, reader.id)
    assert found is not None
    return found


def rows(database: Database, *names: str) -> list[int]:
    with database.reading() as connection:
        return [
            connection.scalar(select(func.count()).select_from(tables.metadata.tables[name])) or 0 for name in names
        ]


def test_papers_of_a_library_are_recorded_once_and_said_once(published: Database) -> None:
    ada = joined(published, "ada")
    library = [
        paper(1),
        paper(90, title="Quite another work of somebody"),
        UNTOLD,
        Paper(key="doi:10.1/x", title=""),
        paper(1),
    ]
    first = like(published, ada, library, now=NOW)
    assert (first.added, first.known_before, first.without_text, first.done) == (4, 0, 2, True)
    assert dict(first.noticed) == {"known by a DOI alone: counts once a source lists it": 1}
    before = rows(published, "papers", "listings", "reactions")
    assert before == [43, 40, 4]
    second = like(published, ada, library, now=LATER)
    assert (second.added, second.known_before) == (0, 4)
    assert rows(published, "papers", "listings", "reactions") == before
    third = like(published, ada, [paper(1)], liked=False, now=LATER)
    assert (third.added, liked(published, ada)[-1]) == (1, (1, False))


def test_what_could_not_be_read_is_counted_and_named_and_the_rest_is_kept(database: Database) -> None:
    faults = [Fault(reason="no closing brace", where=f"entry {n}") for n in range(60)]
    report = like(
        database,
        joined(database, "ada"),
        [paper(1)],
        now=NOW,
        faults=[*faults, Fault(reason="twice", where="x", kept=True)],
    )
    assert (report.added, report.done, dict(report.skipped)) == (1, False, {"no closing brace": 60})
    assert (report.failed[0], report.failed[-1]) == ("entry 0: no closing brace", "and 10 more that could not be read")
    assert report.to_json()["noticed"] == {"twice": 1}


def test_a_reader_cannot_like_without_end_and_is_told_so(database: Database) -> None:
    ada = joined(database, "ada")
    many = [Paper(key=f"arxiv:2604.{number:05d}", title="") for number in range(1, MOST_REACTIONS + 3)]
    assert like(database, ada, many[:10], now=NOW).added == 10
    report = like(database, ada, many, now=NOW)
    assert (report.added, report.known_before, report.skipped["no room"]) == (MOST_REACTIONS - 10, 10, 2)
    assert report.failed[0].startswith("2 papers are left out: at most 5,000 papers can be liked or disliked")
    assert like(database, ada, many[-1:], now=NOW).skipped == {"no room": 1}
    assert like(database, ada, many[:1], liked=False, now=NOW).added == 1, "a change of mind takes no room"
    with pytest.raises(Refused, match="At most 5,000 papers"):
        react(database, ada, papers_listed(database), True, now=NOW)
    assert len(liked(database, ada)) == MOST_REACTIONS
    assert rows(database, "papers") == [MOST_REACTIONS + 1], "what found no room is not recorded"


def test_papers_that_nobody_names_any_more_are_gone_and_listed_ones_stay(database: Database) -> None:
    ada, bela, listed = joined(database, "ada"), joined(database, "bela"), papers_listed(database)
    before = rows(database, "papers", "paper_names")
    own, shared = paper(50), Paper(key="title:0123456789abcdef", title="A library entry of some length")
    like(database, bela, [shared], now=NOW)
    beside_bela = rows(database, "papers", "paper_names")
    for _ in range(3):
        like(database, ada, [own, shared, paper(1)], now=NOW)
        with database.writing() as connection:
            assert reactions.forget(connection, ada.id) == 3
        assert rows(database, "papers", "paper_names") == beside_bela
    like(database, ada, [own], now=NOW)
    [(number, _)] = liked(database, ada)
    assert react(database, ada, number, None, now=NOW).title == own.title, "it is told by its name a last time"
    assert rows(database, "papers", "paper_names") == beside_bela
    like(database, ada, [own], now=NOW)
    with database.writing() as connection:
        for reader in (ada, bela):
            subscribe.remove(connection, reader)
        assert list(papers.by_id(connection, [listed])) == [listed]
    assert rows(database, "papers", "paper_names") == before


@pytest.mark.parametrize("key", ["doi:10.5555/thesis", "arxiv:2603.00070", "title:0123456789abcdef"])
def test_what_one_reader_tells_of_a_paper_never_reaches_another(published: Database, key: str) -> None:
    ada, bela = joined(published, "ada"), joined(published, "bela")
    draft = Paper(key=key, title="My thesis draft on quantum cats", abstract="Cats purr in superposition.")
    like(published, ada, [draft], now=NOW)
    assert like(published, bela, [Paper(key=key, title="")], now=NOW).without_text == 1
    [(number, _)] = liked(published, bela)
    with published.reading() as connection:
        assert told.shown_to(connection, ada.id, [number])[number].title == draft.title
        assert told.shown_to(connection, bela.id, [number])[number].title == ""
        desk = editions.lay_out(connection, NOW.date())
        assert desk is not None
        readers, _ = profiles.readers_of(connection, desk, [ada, bela])
    dense = [one.interests.rows.toarray() for one in readers]
    topics_of_bela = interests_of(bela.wishes.topics, [], {}, desk.vectoriser, desk.background).rows.toarray()
    assert dense[1].tolist() == topics_of_bela.tolist()
    assert react(published, bela, number, False, now=LATER).title != draft.title


def test_what_a_stranger_tells_counts_at_sign_up_though_a_reader_named_the_same_paper(published: Database) -> None:
    own = Paper(key="doi:10.5555/robots", title="Robot manipulation", abstract="On robot manipulation by robots.")
    with published.reading() as connection:
        desk = editions.lay_out(connection, NOW.date())
        assert desk is not None
        before = sample(connection, desk, Wishes(), [own], NOW)
    like(published, joined(published, "ada"), [Paper(key=own.key, title="")], now=NOW)
    with published.reading() as connection:
        assert sample(connection, desk, Wishes(), [own], NOW) == before
        assert sample(connection, desk, Wishes(), [], NOW) != before


def test_words_that_come_after_the_id_are_kept_and_make_the_profile_anew(database: Database) -> None:
    ada = joined(database, "ada")
    like(database, ada, [UNTOLD], now=NOW)
    [(number, _)] = liked(database, ada)
    with_words = paper(91)
    for _ in range(2):
        assert like(database, ada, [with_words], now=LATER).known_before == 1
        assert again(database, ada).profile_revision == 2, "the same words again change nothing"
    with database.reading() as connection:
        assert told.shown_to(connection, ada.id, [number])[number].abstract == with_words.abstract


def papers_listed(database: Database) -> int:
    """List a paper and give its row."""
    with database.writing() as connection:
        papers.record(connection, listings(1), NOW)
        return papers.ids_of(connection, [paper(1).key])[paper(1).key]


def test_a_click_says_what_it_kept_and_what_it_moved(published: Database) -> None:
    ada = joined(published, "ada", wishes=Wishes(topics=read_topics(["robot manipulation"])))
    with published.reading() as connection:
        desk = editions.lay_out(connection, NOW.date())
    first = react(published, ada, 4, True, now=NOW, desk=desk)
    assert (first.title, first.liked, first.likes, first.dislikes) == ("On language models 4", True, 1, 0)
    assert {"says4", "finds4"} <= {term for term, _ in first.gained}, "not what a fifth of all papers say"
    assert all(change > 0 for _, change in first.gained)
    assert first.lost == (), "that “robot” weighs less beside it is no less of robots"
    same = react(published, ada, 4, True, now=LATER, desk=desk)
    assert (same.gained, same.lost, same.likes) == ((), (), 1)
    back = react(published, ada, 4, None, now=LATER, desk=desk)
    assert (back.liked, back.likes, back.dislikes) == (None, 0, 0)
    assert {term for term, _ in back.lost} == {term for term, _ in first.gained}
    assert liked(published, ada) == []


def test_a_click_before_the_first_edition_is_kept_all_the_same(database: Database) -> None:
    ada, number = joined(database, "ada"), papers_listed(database)
    assert react(database, ada, number, False, now=NOW) == Moved(
        title="On speech recognition 1", liked=False, likes=0, dislikes=1
    )


@pytest.mark.parametrize("number", [0, -1, 41, 2**31 - 1])
def test_a_paper_that_is_not_there_cannot_be_liked(published: Database, number: int) -> None:
    ada = joined(published, "ada")
    with pytest.raises(LookupError, match="there is no paper"):
        react(published, ada, number, True, now=NOW)
    assert liked(published, ada) == []


class Told:
    """An enricher that knows some papers; remembers what it was asked."""

    name = "arxiv-api"

    def __init__(self, *known: Paper) -> None:
        self.known, self.asked = known, list[str]()

    def enrich(self, found: Sequence[Paper], observed_at: datetime) -> Iterator[Enrichment]:
        """Give what is known of those that are asked for."""
        self.asked += [one.key for one in found]
        yield Enrichment(source=self.name, papers=tuple(one for one in self.known if one.key in self.asked))


def test_the_text_of_a_paper_known_by_id_comes_with_the_next_enrich_and_then_counts(published: Database) -> None:
    ada, bela = joined(published, "ada"), joined(published, "bela")
    like(published, ada, [UNTOLD], now=NOW)
    completion = Told(paper(91, title="A work that was only an id"), paper(92))
    report = enrich(published, [], DAY, observed_at=LATER, completion=completion)
    assert (report.facts, completion.asked) == (1, [UNTOLD.key])
    with published.reading() as connection:
        [held] = papers.by_id(connection, [number for number, _ in liked(published, ada)]).values()
    assert (held.title, held.text_source) == ("A work that was only an id", "arxiv")
    assert (again(published, ada).profile_revision, again(published, bela).profile_revision) == (2, 0)
    enrich(published, [], DAY, observed_at=LATER, completion=completion)
    assert completion.asked == [UNTOLD.key], "what is told is not asked for again"


def test_arxiv_is_asked_for_papers_known_by_id_and_not_for_the_candidates_twice(published: Database) -> None:
    like(published, joined(published, "ada"), [UNTOLD], now=NOW)
    fetcher, asked = fetcher_for(lambda _: httpx2.Response(200, content=feed("2603.00091")))
    report = enrich(published, [], DAY, observed_at=LATER, completion=ArxivCompletion(ArxivApi(fetcher)))
    assert (report.failed, report.facts, len(asked)) == ([], 1, 1)
    assert "2603.00091" in str(asked[0].url)


def test_liked_papers_of_a_stranger_are_nowhere_until_the_address_is_confirmed(database: Database) -> None:
    named = (paper(1, code_url="https://spam.example", abstract="a" * 20_000), UNTOLD)
    with database.writing() as connection:
        tastes = subscribe.tastes_of_stranger(named)
        subscribe.sign_up(connection, "ada@readers.example", Wishes(), tastes=tastes, consent={}, key_id=1, now=NOW)
    assert rows(database, "papers", "paper_names", "reactions") == [0, 0, 0]
    with database.writing() as connection:
        ada = subscribe.confirm(connection, 1, joining=Joining.OPEN, key_id=1, now=LATER)
        held = told.shown_to(connection, ada.id, [1, 2])
        assert [one.at for one in reactions.of(connection, [ada.id])[ada.id]] == [LATER, LATER]
    assert [(one.key, len(one.abstract), one.code_url) for one in held.values()] == [
        (paper(1).key, 10_000, ""),
        (UNTOLD.key, 0, ""),
    ]
    with database.writing() as connection:
        subscribe.confirm(connection, 1, joining=Joining.OPEN, key_id=1, now=LATER)
        [asked] = connection.execute(tables.confirmations.select()).mappings()
    assert "liked" not in asked["wishes"], "what was taken is not kept twice"
    assert rows(database, "papers", "reactions") == [2, 2]


def test_more_than_two_hundred_liked_papers_are_refused_at_sign_up() -> None:
    named = [Paper(key=f"arxiv:2604.{number:05d}", title="") for number in range(1, 202)]
    assert len(subscribe.tastes_of_stranger(named[:200]).liked) == 200
    with pytest.raises(Refused, match="at most 200 liked papers can be named at sign-up, and these are 201"):
        subscribe.tastes_of_stranger(named)


def test_a_confirmation_from_before_there_were_likes_still_counts(database: Database) -> None:
    with database.writing() as connection:
        subscribe.sign_up(connection, "ada@readers.example", Wishes(length=5), consent={}, key_id=1, now=NOW)
        assert subscribe.confirm(connection, 1, joining=Joining.OPEN, key_id=1, now=NOW).wishes == Wishes(length=5)
    assert rows(database, "reactions") == [0]


@pytest.fixture
def tokens(service: Service) -> Callable[[Purpose], str]:
    """Give a maker of tokens for the mail of one reader, in a house with five listed papers."""
    ada = joined(service.database, "ada")
    with service.database.writing() as connection:
        papers.record(connection, listings(5), NOW)
        number = deliveries.queue(connection, ada.id, Kind.ISSUE, "2026-03-17", now=NOW)
    return lambda purpose: service.links.link(purpose, number or 0).rpartition("/")[2]


def test_each_link_opens_its_own_door_only(service: Service, tokens: Callable[[Purpose], str]) -> None:
    feedback, wishes = tokens(Purpose.FEEDBACK), tokens(Purpose.PREFERENCES)
    assert service.said_of(feedback, 1)[1] is None
    assert service.react(feedback, 1, True).likes == 1
    assert service.said_of(feedback, 1)[1] is True
    assert service.like_papers(wishes, b"arXiv:2603.00002\n2603.00091").added == 2
    assert service.like_papers(wishes, b"2603.00001", liked=False).added == 1
    said = [(one.liked, held.key) for one, held in service.reactions(wishes)]
    assert said == [(True, UNTOLD.key), (True, paper(2).key), (False, paper(1).key)]
    for act in (
        lambda: service.react(wishes, 1, True),
        lambda: service.said_of(wishes, 1),
        lambda: service.like_papers(feedback, b"2603.00001"),
        lambda: service.forget_reactions(feedback),
        lambda: service.reactions(feedback),
        lambda: service.forget_reactions(tokens(Purpose.LEAVE)),
    ):
        with pytest.raises(BadLink):
            act()
    with pytest.raises(LookupError):
        service.said_of(feedback, 99)
    assert (service.forget_reactions(wishes), service.forget_reactions(wishes)) == (3, 0)
    assert service.reactions(wishes) == []


def test_who_signs_up_with_liked_papers_has_them_after_confirming(service: Service) -> None:
    service.sign_up("ada@readers.example", Wishes(), consent={}, liked=service.shelf(b"2603.00001").papers)
    assert rows(service.database, "papers", "reactions") == [0, 0]
    ada = service.confirm(service.links.link(Purpose.CONFIRM, 1).rpartition("/")[2])
    assert service.liked_keys() == {ada.id: {"liked": ["arxiv:2603.00001"], "disliked": []}}
