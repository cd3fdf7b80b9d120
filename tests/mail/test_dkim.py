"""A signed message is believed as it is, and in no other form; what cannot be signed stays here."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from dkim.util import parse_tag_value
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.message import Message
from digest.mail.dkim import SEALED, SIGNED, BadKeyError, Key, Secret, Signer, Signing
from digest.mail.mime import message_of
from digest.mail.transport import TransportDown
from tests.fakes import ListTransport
from tests.mail.test_any_message import Told, letter_of, slowly, tellings
from tests.mail.test_mime import LETTER
from tests.signing import DOMAIN, beliefs, keys, signed

MESSAGE = message_of(LETTER)
PEM, PLAIN = serialization.Encoding.PEM, serialization.NoEncryption()


def tags(body: bytes) -> list[dict[bytes, bytes]]:
    """Give the tags of every signature."""
    head = body.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    lines = [line.partition(b":") for line in head.split(b"\r\n")]
    return [parse_tag_value(value) for name, _, value in lines if name == b"DKIM-Signature"]


def places(message: Message) -> list[int]:
    """Give where the bytes stand that no relay may change: in values of signed headers, and in the body."""
    head, at, found = message.body.partition(b"\r\n\r\n")[0], 0, []
    is_signed = False
    for line in head.split(b"\r\n"):
        begin = 0
        if not line.startswith(b" "):
            name, _, _ = line.partition(b":")
            is_signed, begin = name.lower() in SIGNED, len(name) + 1
        found += [at + i for i in range(begin, len(line)) if is_signed and line[i : i + 1].strip()]
        at += len(line) + 2
    return [*found, *range(len(head) + 4, len(message.body))]


@slowly
@given(tellings, st.data())
def test_any_letter_is_believed_and_never_after_a_byte_was_changed(told: Told, drawn: st.DataObject) -> None:
    message = message_of(letter_of(told))
    whole = signed(message.body)
    assert beliefs(whole) == [True, True]
    at = len(whole) - len(message.body) + drawn.draw(st.sampled_from(places(message)))
    other = b"X" if whole[at : at + 1] != b"X" else b"Y"
    assert beliefs(whole[:at] + other + whole[at + 1 :]) == [False, False]


@pytest.mark.parametrize("name", [name.decode() for name in SEALED])
@pytest.mark.parametrize("is_above", [True, False])
def test_no_second_header_can_be_added(name: str, is_above: bool) -> None:
    whole, line = signed(MESSAGE.body), f"{name}: eve@example.net\r\n".encode()
    added = line + whole if is_above else whole.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n", 1)
    assert beliefs(added) == [False, False]


def test_both_headers_of_one_click_are_covered_and_rsa_comes_first() -> None:
    rsa_first, second = tags(signed(MESSAGE.body, *reversed(keys())))
    assert [one[b"a"] for one in (rsa_first, second)] == [b"rsa-sha256", b"ed25519-sha256"]
    for one, key in zip((rsa_first, second), keys(), strict=True):
        covered = [name.strip() for name in one[b"h"].split(b":")]
        assert {name for name in covered if covered.count(name) == 2} == {*SEALED} - {b"reply-to"}
        assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= {*covered}
        assert (one[b"d"].decode(), one[b"s"].decode(), one[b"c"]) == (DOMAIN, key.selector, b"relaxed/simple")
        assert b"l" not in one
        assert one[b"t"] == b"1773738000"  # The Date of the letter.


def test_the_same_message_gets_the_same_signatures_in_lines_that_need_no_folding() -> None:
    whole = signed(MESSAGE.body)
    assert signed(MESSAGE.body) == whole
    assert whole.endswith(MESSAGE.body)
    added = whole[: -len(MESSAGE.body)]
    assert added.isascii()
    assert all(len(line) <= 78 for line in added.split(b"\r\n"))


def test_what_is_carried_is_signed_and_goes_to_the_same_address(tmp_path: Path) -> None:
    paths = [tmp_path / f"{key.selector}.pem" for key in keys()]
    for key, path in zip(keys(), paths, strict=True):
        path.write_bytes(key.pem)
    by = ListTransport()
    assert Signing(by, DOMAIN, paths).send(MESSAGE).text == "250 ok"
    [sent] = by.sent
    assert beliefs(sent.body) == [True, True]
    assert (sent.id, sent.sender, sent.recipient) == (MESSAGE.id, MESSAGE.sender, MESSAGE.recipient)


def test_a_recipient_beyond_ascii_is_signed_as_it_stands() -> None:
    raw = MESSAGE.body.replace(b"To: ", "To: jürg.".encode(), 1)
    assert raw != MESSAGE.body
    whole = Signer(DOMAIN, keys()).signed(replace(MESSAGE, body=raw)).body
    assert whole.endswith(raw)
    assert beliefs(whole) == [True, True]
    assert beliefs(whole.replace("jürg".encode(), b"jurg")) == [False, False]


class Closed(ListTransport):
    """A transport that nobody may open."""

    def open(self) -> None:
        """Be down."""
        raise TransportDown("not now")


def test_what_opens_the_other_comes_after_the_keys(tmp_path: Path) -> None:
    with pytest.raises(TransportDown, match="mail cannot be signed") as down:
        Signing(Closed(), DOMAIN, [tmp_path / "gone.pem"]).open()
    assert down.value.for_all
    with pytest.raises(TransportDown, match="not now"):
        Signing(Closed(), DOMAIN, []).open()


def test_nothing_leaves_unsigned_where_a_key_cannot_be_read(tmp_path: Path) -> None:
    by = ListTransport()
    with pytest.raises(TransportDown, match=r"mail cannot be signed: .*gone\.pem"):
        Signing(by, DOMAIN, [tmp_path / "gone.pem"]).send(MESSAGE)
    assert by.sent == []


def locked(secret: Secret) -> bytes:
    return secret.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", "no private key"),
        (locked(keys()[0].secret), "without a password"),
        (
            ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, serialization.PrivateFormat.PKCS8, PLAIN),
            "another kind",
        ),
        (
            rsa.generate_private_key(65537, 1024).private_bytes(PEM, serialization.PrivateFormat.PKCS8, PLAIN),
            "another kind",
        ),
    ],
)
def test_a_file_without_a_key_that_can_sign_is_refused_in_words(text: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(text)
    with pytest.raises(BadKeyError, match=said):
        Key.read(path)


def test_a_record_is_cut_into_strings_a_name_server_takes_and_tells_the_key() -> None:
    for key in keys():
        assert all(len(string) <= 255 for string in key.record)
        told = parse_tag_value("".join(key.record).encode())
        assert (told[b"v"], told[b"k"].decode()) == (b"DKIM1", key.kind)
