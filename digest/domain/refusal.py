"""What the codes and words of a mail server mean for the address it refused: the one table of both."""

import re
from enum import StrEnum

CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
"""An enhanced status code (RFC 3463); not a part of a network address."""
PLAIN_CODE = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")
DEAD = {"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"}
"""Subjects and details that say of an address, in class 5, that it is none, or none any more."""
FULL = "2.2"
ABOUT_US = {"1.7", "1.8", "2.3", "3.4"}
"""What speaks of the sender's address, or of a message that is too large."""
POLICY_WORDS = re.compile(
    r"\b(?:spam\w*|spf|dkim|dmarc|(?:block|black)\s?list\w*|blocked|(?<!not )listed|your ip|reputation|policy|"
    r"relay\w*(?! recipient)|access denied|sender|helo|ehlo|client host|authenticat\w+)\b",
    re.I,
)
NAMES = re.compile(r"[^\s@]{1,64}@\S+|(?<!client )\bhost [\w-]+\.\S+", re.I)
"""Addresses and servers, which may be called anything."""
PASSING_WORDS = re.compile(
    r"\b(?:quota|(?:mailbox|inbox) (?:is )?(?:full|out of storage)|exceeded storage|too quickly|at a rate|"
    r"host or domain name not found|unrouteable|retry time|unverified|verification)\b",
    re.I,
)
WHO = r"(?:local )?(?:user|recipient|mailbox|account|address|person)"
DEAD_WORDS = re.compile(
    rf"\b(?:unknown {WHO}|{WHO} (?:is )?(?:unknown|not found)|no such (?:\w+ )?{WHO}|no {WHO} (?:here )?by that name|"
    rf"(?:does not|doesn'?t) (?:exist|have an? \S+ account)|invalid (?:recipient|mailbox)|"
    rf"{WHO} (?:is |has been )?(?:disabled|inactive|deactivated))\b",
    re.I,
)


class Meaning(StrEnum):
    """What a refusal says: the address is dead, it could not be reached this time, or who sends or what was refused."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"


def meaning_of(status: str, words: str) -> Meaning:
    """Judge a refusal by its enhanced status code; where that tells nothing, or the words doubt it, by its words.

    Hard needs a code or words that say so, and no word of policy: many a server calls an address unknown where it does
    not trust who asks. A full mailbox, a host that is not found, an address that is still being verified, and what was
    given up after trying for long is soft: it may get better, and if it does not, it adds up. All else is policy.

    >>> [str(meaning_of(code, "")) for code in ("5.1.1", "5.2.2", "5.4.4", "4.4.1", "5.7.26", "5.1.8", "5.5.1")]
    ['hard', 'soft', 'soft', 'soft', 'policy', 'policy', 'policy']
    >>> [str(meaning_of("", words)) for words in ("550 user unknown", "554 blocked as spam", "550 relaying denied")]
    ['hard', 'policy', 'policy']
    """
    told = code_of(status, words)
    level, _, topic = told.partition(".")
    plain = PLAIN_CODE.search(words)
    level = level or (plain[1] if plain else "")
    if topic in ABOUT_US or (topic[:2] in {"5.", "6.", "7."} and not topic.endswith(".0")):
        return Meaning.POLICY
    is_dead = level == "5" and topic in DEAD
    if is_telling(told) and not is_dead:
        return Meaning.SOFT
    if topic == "7.0" or POLICY_WORDS.search(NAMES.sub("", words)):
        return Meaning.POLICY
    if level == "4" or PASSING_WORDS.search(words):
        return Meaning.SOFT
    if is_dead or DEAD_WORDS.search(words):
        return Meaning.HARD
    return Meaning.POLICY if level else Meaning.SOFT


def is_telling(code: str) -> bool:
    """Whether an enhanced status code says by itself that it is about the address, its mailbox or the way to it.

    >>> [code for code in ("5.1.1", "4.2.2", "5.4.4", "5.1.0", "5.0.0", "4.1.8", "5.7.1", "") if is_telling(code)]
    ['5.1.1', '4.2.2', '5.4.4']
    """
    topic = code.partition(".")[2]
    return topic in DEAD | {FULL} or (topic.startswith("4.") and topic != "4.0")


def code_of(status: str, words: str) -> str:
    """Give the enhanced status code of a failure: the field's own, unless the words hold one that says more.

    >>> code_of("5.0.0", "550 5.1.1 no such user"), code_of("5.1.1", "550 5.7.1"), code_of("", "550 sorry")
    ('5.1.1', '5.1.1', '')
    """
    own = CODE.search(status)
    if own and own[2] != "0":
        return own[0]
    found = CODE.search(words)
    if found and found[1] != "2":
        return found[0]
    return own[0] if own else ""
