"""A mail server is spoken to only under TLS, with a certificate that holds; a password goes out only there."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from digest.domain.delivery import Outcome
from digest.domain.message import Message
from digest.mail.smtp import Login, Smtp
from digest.mail.transport import TransportDown
from tests.judges.programs import needs, said_by
from tests.scripted import carried
from tests.servers import Inbox, free_port

pytestmark = needs("openssl")
MESSAGE = Message(id="1@example.org", sender="digest@example.org", recipient="ada@readers.example", body=b"A: b\r\n")
WAYS: list[Literal["starttls", "tls"]] = ["starttls", "tls"]


class Papers(NamedTuple):
    """Certificates, each in a file with its key: of the server, of a stranger of the same name, and of a client."""

    server: Path
    stranger: Path
    client: Path


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("papers")
    asked = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test"]
    for name in Papers._fields:
        pair = folder / f"{name}.pem"
        said_by("openssl", *asked, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", pair, "-out", folder / name)
        pair.write_bytes(pair.read_bytes() + (folder / name).read_bytes())
    return Papers(*(folder / f"{name}.pem" for name in Papers._fields))


def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, said: Any) -> AuthResult:
    return AuthResult(success=(said.login, said.password) == (b"me", b"secret"), handled=False)


@contextmanager
def tls_server(way: str, pair: Path, clients: Path | None = None, **more: Any) -> Iterator[tuple[Inbox, int]]:
    """Run a mail server that speaks TLS with a certificate, and asks clients for theirs if it is told who vouches."""
    inbox, port = Inbox(), free_port()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=clients)
    context.load_cert_chain(pair)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
    tls = {"ssl_context": context} if way == "tls" else {"tls_context": context, "require_starttls": True}
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **tls, **more)
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


@pytest.mark.parametrize("way", WAYS)
def test_mail_goes_out_under_tls_to_whom_our_own_authority_vouches_for(
    way: Literal["starttls", "tls"], papers: Papers
) -> None:
    with tls_server(way, papers.server) as (inbox, port):
        transport = Smtp("127.0.0.1", port, Login(security=way, ca_file=str(papers.server)))
        assert [carried(transport, MESSAGE).outcome for _ in range(2)] == [Outcome.SENT] * 2
        transport.close()
    assert len(inbox.mails) == 2


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "stranger"), ("localhost", "server")])
def test_nothing_goes_to_a_server_whose_certificate_or_name_does_not_hold(
    way: Literal["starttls", "tls"], host: str, shown: str, papers: Papers
) -> None:
    login = Login(security=way, ca_file=str(papers.server), name="me", password="secret")
    failed = pytest.raises(TransportDown, match=r"cannot be used: .*certificate verify failed")
    with tls_server(way, getattr(papers, shown), authenticator=check) as (inbox, port), failed:
        Smtp(host, port, login).open()
    assert inbox.mails == []


def test_what_nobody_known_vouches_for_is_not_trusted(papers: Papers) -> None:
    with tls_server("tls", papers.server) as (_, port), pytest.raises(TransportDown, match="certificate verify failed"):
        Smtp("127.0.0.1", port, Login(security="tls")).open()


@pytest.mark.parametrize("way", WAYS)
def test_a_client_certificate_is_shown_where_it_is_asked_for(way: Literal["starttls", "tls"], papers: Papers) -> None:
    ca_file = str(papers.server)
    with tls_server(way, papers.server, papers.client) as (inbox, port):
        with pytest.raises(TransportDown, match="cannot be used"):
            Smtp("127.0.0.1", port, Login(security=way, ca_file=ca_file)).open()
        transport = Smtp("127.0.0.1", port, Login(security=way, ca_file=ca_file, certificate=str(papers.client)))
        assert carried(transport, MESSAGE).outcome is Outcome.SENT
        transport.close()
    assert len(inbox.mails) == 1


@pytest.mark.parametrize("wrong", [{"ca_file": "nowhere.pem"}, {"certificate": "nowhere.pem"}])
def test_a_file_that_is_not_there_is_told_with_the_server_it_is_for(wrong: dict[str, str]) -> None:
    with pytest.raises(TransportDown, match=r"127.0.0.1:25 cannot be used: .*No such file"):
        Smtp("127.0.0.1", 25, Login(security="tls", **wrong)).open()


@pytest.mark.parametrize(("password", "is_let_in"), [("secret", True), ("guess", False)])
def test_who_is_not_let_in_sends_nothing_and_never_shows_the_password(
    password: str, is_let_in: bool, papers: Papers
) -> None:
    login = Login(security="starttls", ca_file=str(papers.server), name="me", password=password)
    with tls_server("starttls", papers.server, authenticator=check, auth_required=True) as (inbox, port):
        transport = Smtp("127.0.0.1", port, login)
        if is_let_in:
            assert carried(transport, MESSAGE).outcome is Outcome.SENT
        else:
            with pytest.raises(TransportDown, match=r"cannot be used: 535 5\.7\.8") as told:
                carried(transport, MESSAGE)
            assert "guess" not in str(told.value)
        transport.close()
    assert len(inbox.mails) == is_let_in
