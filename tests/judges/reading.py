"""What the two parts of a mail say, read out of each by its own form, and where they say different things."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import html

from tests.judges.mails import Mail

LINK = re.compile(r"https?://[^\s<>\"]+")
ENTRY = re.compile(r"^ ?(\d+)\. (.*\n(?:(?: {4}.*)?\n)*)", re.MULTILINE)
"""A paper of the text part: its number, and all lines that are set in under it."""
FRAME = ""
"""Stands for a paper's number where something is of no paper."""
CALLED = {"Whythispaper:": "Why:"}
"""What the text part calls otherwise; white space left out."""
ONLY_IN_TEXT = {"Trend"}
"""What the HTML shows by its place alone."""
GAP = "\n"
CARD = "td[p[1][@class='rank']]"
WORDS = "//body//text()[not(ancestor::*[@class='preheader' or @class='rank'])]"


def inside(element: Any, path: str) -> list[Any]:
    """Give what an XPath finds."""
    return list(element.xpath(path))


def page_of(mail: Mail) -> Any:
    """Give the HTML of a mail as a tree."""
    return html.document_fromstring(mail.part("html"))


def links_of_html(mail: Mail) -> list[str]:
    """Give where the links of the HTML lead."""
    return [str(one) for one in inside(page_of(mail), "//a/@href")]


def words_of_html(mail: Mail) -> str:
    """Give the words of the HTML, but for what only the list of a mailbox shows."""
    return " ".join(map(str, inside(page_of(mail), WORDS)))


def bare(words: str) -> str:
    """Leave out all white space: the text part breaks lines where it must."""
    return "".join(words.split())


def differences(page: str, text: str) -> list[str]:
    """Say what only one of HTML and text says, of each paper and of all that stands around them.

    >>> differences("<h2>Just missed</h2><ul><li>On names</li></ul>", "JUST MISSED\\n\\n- On\\n  names\\n")
    []
    >>> differences("<h2>Just missed</h2><ul><li>On names</li></ul>", "JUST MISSED\\n\\n- On numbers\\n")
    ['only in the HTML: Onnames', 'only in the text: Onnumbers']
    """
    tree = html.document_fromstring(page)
    said, told = runs_of_html(tree), words_of_text(text, has_papers=bool(inside(tree, f"//{CARD}")))
    if list(said) != list(told):
        return [f"papers: {list(said)} in the HTML, {list(told)} in the text"]
    found = [one for number in said for one in _unlike(said[number], told[number])]
    return [*found, *_strayed(tree, bare(text))]


def runs_of_html(tree: Any) -> dict[str, list[tuple[str, ...]]]:
    """Give every run of words by the number of its paper, each in the ways in which the text part may write it."""
    numbers = {card: bare(card.findtext("p")).removeprefix("No.") for card in inside(tree, f"//{CARD}")}
    runs: dict[str, list[tuple[str, ...]]] = {number: [] for number in (FRAME, *numbers.values())}
    for words in inside(tree, WORDS):
        run, around = bare(LINK.sub("", words)).lstrip("·"), words.getparent()
        if any(letter.isalnum() for letter in run):
            [*cards] = inside(around, f"ancestor::{CARD}")
            is_heading = inside(around, "ancestor-or-self::*[self::h1 or self::h2 or @class='list-name']")
            ways = (CALLED.get(run, run), *([run.upper()] if is_heading else []))
            runs[numbers[cards[0]] if cards else FRAME].append(ways)
    return runs


def words_of_text(text: str, *, has_papers: bool = True) -> dict[str, str]:
    """Give what the text says by the number of its paper, without white space and links."""
    papers = ENTRY.findall(text) if has_papers else []
    around = ENTRY.sub(GAP, text) if has_papers else text
    return {number: bare(LINK.sub("", words)) for number, words in [(FRAME, around), *papers]}


def _unlike(runs: Sequence[tuple[str, ...]], words: str) -> Iterator[str]:
    """Take every run of the HTML out of the text, the longest first, and say what is not there and what is left."""
    for ways in sorted(runs, key=lambda ways: len(ways[0]), reverse=True):
        written = next((one for one in ways if one in words), None)
        if written is None:
            yield f"only in the HTML: {ways[0]}"
        else:
            words = words.replace(written, GAP, 1)
    left = [piece.strip("-:.") for piece in words.split(GAP)]
    yield from (f"only in the text: {piece}" for piece in left if piece and piece not in ONLY_IN_TEXT)


def _strayed(tree: Any, text: str) -> Iterator[str]:
    """Say which links do not follow what they are called; a title's is told again, and what rises shares one."""
    for link in inside(tree, "//a[not(ancestor::h2 or ancestor::*[@class='rising'])]"):
        name, address = bare(link.text_content()), link.get("href")
        if f"{name}{address}" not in text and f"{name}:{address}" not in text:
            yield f"not behind its name in the text: {name}, {address}"
