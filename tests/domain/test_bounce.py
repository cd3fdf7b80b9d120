"""Only what says that an address is dead counts as hard, and no single day gives an address up."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.domain.bounce import Bounce, BounceKind, is_given_up, of_reply
from digest.domain.delivery import Outcome, Reply
from digest.domain.refusal import Meaning, meaning_of
from tests.builders import NOW

REFUSALS_OF_US = [
    "550 relay not permitted",
    "550 Relaying denied",
    "554 Service unavailable; Client host [192.0.2.1] listed at zen.blocklist.example",
    "550 Access denied",
    "550 authentication required",
    "550 Sender verify failed",
    "550 Sender address rejected: Domain does not exist",
    "554 Message rejected",
    "550 Administrative prohibition",
    "552 5.0.0 message size exceeds limit",
    "550 5.1.0 sender rejected",
    "550 5.2.0 content rejected",
    "550 5.2.1 The user you are trying to contact is receiving mail too quickly",
    "550 5.2.1 The account is receiving mail at a rate that prevents additional messages",
    "550 5.5.1 bad sequence",
    "550 5.3.2 system not accepting messages",
    "421 4.7.0 user unknown",
    "550 5.1.1 Relay access denied",
    "550 5.1.1 Access denied",
    "550 5.1.1 unverified address: connect timed out",
    "550 5.1.1 Address verification in progress",
    "550 5.1.1 blocked by spamhaus",
    "550 5.1.1 listed at zen.blocklist.example",
    "550 5.1.1 message refused by policy",
    "550 5.1.10 RecipientNotFound: the sender is not authenticated",
    "550 No such user because your IP is listed",
    "550 user unknown (spammers are not welcome)",
]
DEAD = [
    "550 5.1.1 nobody",
    "550 5.1.2 bad domain",
    "550 5.1.3 bad syntax",
    "550 5.1.6 moved",
    "550 5.1.10 RecipientNotFound",
    "550 5.2.1 mailbox disabled",
    "550 User unknown",
    "550 unknown local user",
    "550 No such recipient here",
    "550 5.1.0 Address rejected: the mailbox does not exist",
    "554 invalid recipient",
    "550 This account has been disabled",
    "550 5.1.1 <ada@readers.example>: Recipient address rejected: User unknown in relay recipient table",
    "550 5.1.1 <sender.policy@relay.example>: Recipient address rejected: undeliverable address",
    "host relay.example[192.0.2.1] said: 550 5.1.1 no such person",
    "550 5.1.1 User not listed in the directory",
]
PASSING = ["552 5.2.2 over quota", "552 mailbox is full", "450 4.1.1 user unknown", "450 4.2.1 later", "450 try later"]


def refused(text: str, at: str = "RCPT") -> BounceKind:
    return of_reply(Reply(outcome=Outcome.REFUSED, text=text, at=at), NOW).kind


@pytest.mark.parametrize("words", REFUSALS_OF_US)
def test_a_refusal_of_us_is_never_hard(words: str) -> None:
    assert refused(words) is not BounceKind.HARD
    assert meaning_of("", words) is not Meaning.HARD
    assert meaning_of("5.0.0", words) is not Meaning.HARD


@pytest.mark.parametrize("words", DEAD)
def test_an_address_that_is_dead_is_hard_as_reply_and_as_report(words: str) -> None:
    assert (refused(words), meaning_of("5.0.0", words)) == (BounceKind.HARD, Meaning.HARD)


@pytest.mark.parametrize("words", PASSING)
def test_what_may_get_better_is_soft_as_reply_and_as_report(words: str) -> None:
    assert (refused(words), meaning_of("", words)) == (BounceKind.SOFT, Meaning.SOFT)


def test_words_about_a_message_are_no_words_about_an_address() -> None:
    assert refused("554 the attachment does not exist", at="DATA") is BounceKind.POLICY
    assert refused("550 5.1.1 gone meanwhile", at="DATA") is BounceKind.HARD


@pytest.mark.parametrize("words", [*REFUSALS_OF_US, *DEAD, *PASSING])
def test_what_a_reader_is_told_and_what_counts_are_one(words: str) -> None:
    reply = Reply(outcome=Outcome.REFUSED, text=words, at="RCPT")
    assert reply.is_about_mailbox is (refused(words) is not BounceKind.POLICY)


@pytest.mark.parametrize(("days", "is_enough"), [((0,) * 9, False), ((0, 1), True), ((0, 7), True), ((0, 14), False)])
def test_hard_bounces_on_two_days_give_an_address_up_and_on_one_never(days: tuple[int, ...], is_enough: bool) -> None:
    came = [Bounce(kind=BounceKind.HARD, at=NOW + timedelta(days=day)) for day in days]
    assert is_given_up(came, NOW + timedelta(days=days[-1], hours=1)) is is_enough


def test_a_day_is_one_of_utc_and_counts_its_heaviest() -> None:
    noon = datetime(2026, 3, 17, 12, tzinfo=UTC)
    soft = [Bounce(kind=BounceKind.SOFT, at=noon + timedelta(days=day)) for day in range(2)]
    assert not is_given_up([*soft, Bounce(kind=BounceKind.HARD, at=noon + timedelta(days=1))], soft[1].at)
    assert is_given_up([Bounce(kind=BounceKind.HARD, at=at) for at in (noon, noon + timedelta(hours=13))], soft[1].at)
