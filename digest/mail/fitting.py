"""Fits an issue into a mail that no mailbox cuts off: the last abstracts are shortened first, then papers left out."""

from collections.abc import Callable, Sequence

from digest.domain.subscriber import Layout

MOST_BYTES = 90_000
"""Bytes of HTML: from about 102,000 on the largest mailbox provider cuts a mail off."""
MOST_ENCODED = 102_400
"""Bytes of the encoded part, whichever of the two such a limit means."""
SHORTER = {Layout.FULL: Layout.NORMAL, Layout.NORMAL: Layout.COMPACT}
PLAIN = bytes(range(32, 61)) + bytes(range(62, 127))
"""Bytes that quoted-printable leaves as they are."""
BROKEN = (" \n", "\t\n", "From ")
"""At these a line may be broken once more."""


def fitted(wanted: Sequence[Layout], html: Callable[[Sequence[Layout]], str]) -> tuple[list[Layout], str]:
    """Choose a layout for each entry of an issue, and how many entries there are, so that the HTML is small enough.

    Parameters
    ----------
    wanted : the layout of each entry as the reader wants it
    html : makes the page of as many first entries as it gets layouts

    Returns
    -------
    (layouts of the first entries, the page they give); the rest has no room.

    >>> sizes = {Layout.FULL: 40_000, Layout.NORMAL: 3_000}
    >>> [str(one) for one in fitted([Layout.FULL] * 3, lambda layouts: "x" * sum(map(sizes.get, layouts)))[0]]
    ['full', 'full', 'normal']
    """
    layouts = list(wanted)
    while not fits(page := html(layouts)) and layouts:
        longest = next((one for one in SHORTER if one in layouts), None)
        if longest is None:
            layouts.pop()
        else:
            at = len(layouts) - 1 - layouts[::-1].index(longest)
            layouts[at] = SHORTER[longest]
    return layouts, page


def fits(html: str) -> bool:
    """Whether a page and its encoded part are below what mailboxes cut off."""
    return len(html.encode()) < MOST_BYTES and encoded_size(html) < MOST_ENCODED


def encoded_size(text: str) -> int:
    r"""Give the bytes a text has at most as quoted-printable: three for each that is no plain ASCII, and line ends.

    >>> encoded_size("é=\n")
    12
    """
    body = text.encode()
    others, broken = len(body.translate(None, PLAIN)), sum(map(text.count, BROKEN))
    whole = len(body) + 2 * others + 5 * broken
    return whole + 3 * (whole // 73)
