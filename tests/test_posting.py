"""The settings say how mail leaves, and what cannot be is refused at the start."""

import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from digest.mail.file import Folder, Maildir, Stdout
from digest.mail.relays import Relays
from digest.mail.smtp import Smtp
from digest.posting import relays_of, transport_of
from digest.settings import Settings


def settings(**said: Any) -> Settings:
    return Settings(_env_file=None, **said)


@pytest.mark.parametrize(("transport", "kind"), [("maildir", Maildir), ("folder", Folder), ("stdout", Stdout)])
def test_mail_stays_here_where_the_settings_say_so(transport: str, kind: type, tmp_path: Path) -> None:
    if transport == "stdout":
        assert hasattr(sys.stdout, "buffer")
    assert type(transport_of(settings(transport=transport, outbox=tmp_path))) is kind


def test_mail_servers_are_tried_in_the_order_they_are_named() -> None:
    said = settings(transport="smtp", smtp_host="one.example.org, two.example.org:2525", smtp_user="me")
    both = transport_of(said)
    assert isinstance(both, Relays)
    assert [(one.host, one.port, one.login.name) for one in both.relays if isinstance(one, Smtp)] == [
        ("one.example.org", 587, "me"),
        ("two.example.org", 2525, "me"),
    ]


def test_where_there_is_another_mail_server_nobody_waits_long_and_all_connections_know_which_works() -> None:
    said = settings(transport="smtp", smtp_host="one.example.org, two.example.org")
    first, second = transport_of(said), transport_of(said)
    assert isinstance(first, Relays)
    assert isinstance(second, Relays)
    assert first.order is second.order
    assert [one.seconds["greeting"] for one in relays_of(said)] == [30.0, 30.0]
    [alone] = relays_of(settings(transport="smtp"))
    assert alone.seconds["greeting"] == 300.0


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"smtp_host": "mail.example.org,"}, "name mail servers by comma"),
        ({"smtp_host": "mail.example.org:70000"}, "name mail servers by comma"),
        ({"smtp_host": "/run/lmtp", "transport": "smtp"}, "a socket"),
        ({"transport": "lmtp", "smtp_security": "tls"}, "not for the transport 'lmtp'"),
        ({"smtp_user": "me", "smtp_security": "none", "smtp_host": "localhost,mail.example.org"}, "never goes out"),
        ({"bounce_address": "Bounce <bounce@example.org>"}, "a bare address"),
        ({"bounce_address": f"{'b' * 29}@example.org"}, "28 characters"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(said: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**said)


@pytest.mark.parametrize("near", ["localhost", "127.0.0.1:25", "[::1]:25", "::1"])
def test_a_password_may_go_to_this_machine_in_clear(near: str) -> None:
    assert settings(smtp_user="me", smtp_security="none", smtp_host=near).relays[0][0] in {
        "localhost",
        "127.0.0.1",
        "::1",
    }
