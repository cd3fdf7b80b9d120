"""The doctor tells of each part whether it is well and what to do; it sends nothing and changes nothing."""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from getpass import getuser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer
from threading import Thread
from typing import Any

import pytest
from dns.resolver import Resolver
from sqlalchemy import select
from typer.testing import CliRunner

from digest.actions.collect import asking, collect
from digest.actions.publish import publish
from digest.actions.watch import HEARTBEAT
from digest.cli import app
from digest.domain.delivery import Kind
from digest.domain.finding import Finding
from digest.domain.subscriber import Wishes
from digest.journeys.doctor import Diagnosis, Instruments, examine
from digest.lmtp import taking_in
from digest.mail.dns import LookUp, Names, dkim, dmarc, mx, ptr, spf
from digest.opened import SettingsError, read_settings
from digest.service import Service, wall_clock
from digest.settings import Settings
from digest.store import bells, deliveries
from digest.store.database import Database
from digest.store.tables import metadata
from tests.builders import DAY, NOW, listings
from tests.fakes import ListSource
from tests.judges.programs import needs, path_of, serving
from tests.mail.test_smtp_tls import Papers, check, tls_server
from tests.mail.test_smtp_tls import papers as papers
from tests.scripted import Server, running
from tests.servers import free_port, mail_server, web_server
from tests.signing import DOMAIN, keys, records

Make = Callable[..., Settings]
ADDRESS, BACK = "100.20.30.40", "40.30.20.100.in-addr.arpa"
SPF = f"v=spf1 ip4:{ADDRESS} include:_spf.provider.example -all"
DMARC = "v=DMARC1; p=none; rua=mailto:dmarc@example.org"
ZONE: Mapping[tuple[str, str], Sequence[str]] = {
    (DOMAIN, "TXT"): ["an owner's mark", SPF],
    (f"_dmarc.{DOMAIN}", "TXT"): [DMARC],
    (DOMAIN, "MX"): [f"10 mail.{DOMAIN}."],
    (f"mail.{DOMAIN}", "A"): [ADDRESS],
    (BACK, "PTR"): [f"mail.{DOMAIN}."],
    **{(name, "TXT"): ["".join(strings)] for name, strings in records().items()},
}


def zone(changed: Mapping[tuple[str, str], Sequence[str]] | None = None) -> LookUp:
    """Give a look-up in a right zone, changed as the test says."""
    held = {**ZONE, **(changed or {})}
    return lambda name, kind: held.get((name, kind), [])


def silent(name: str, kind: str) -> Sequence[str]:
    raise OSError(f"{kind} of {name} cannot be looked up: timed out")


def verdicts(found: Sequence[Finding] | Diagnosis) -> list[str]:
    return [f"{one.verdict} {one.part}" for one in (found.findings if isinstance(found, Diagnosis) else found)]


def of(said: Diagnosis, part: str) -> list[Finding]:
    return [one for one in said.findings if one.part == part]


@pytest.fixture
def with_edition(service: Service) -> Service:
    collect(service.database, asking([ListSource(*listings(12))]), DAY, observed_at=NOW, now=NOW)
    publish(service.database, DAY, service.masthead, now=NOW)
    return service


@pytest.fixture
def sending(settings: Make, tmp_path: Path) -> Iterator[Make]:
    """Give settings that are right and send to a mail server of the test, which must get nothing."""
    for key in keys():
        (tmp_path / f"{key.selector}.pem").write_bytes(key.pem)
    (tmp_path / "back" / "new").mkdir(parents=True)
    with mail_server() as (inbox, port):
        right: dict[str, Any] = {
            "transport": "smtp", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none",
            "sender": f"papers@{DOMAIN}", "contact": "the library", "postal_address": "1 Main Street",
            "operator_address": f"ops@{DOMAIN}", "bounce_maildir": str(tmp_path / "back"),
            "dkim_keys": ",".join(str(tmp_path / f"{key.selector}.pem") for key in keys()),
        }  # fmt: skip
        yield lambda **changed: settings(**(right | changed))
        assert inbox.envelopes == []


@contextmanager
def answering(
    status: int, at: datetime = NOW, *, pair: Path | None = None, also: Callable[[], object] = bool
) -> Iterator[str]:
    """Answer with one status, but 200 to who asks after health, and a clock of one's own; under TLS with a pair.

    What it does besides comes before the answer.
    """

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            also()
            self.send_response_only(200 if self.path == "/healthz" else status)
            self.send_header("Date", format_datetime(at, usegmt=True))
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        if pair:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(pair)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http{'s' if pair else ''}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def rows(settings: Settings) -> dict[str, list[Any]]:
    database = Database(settings.database_url)
    with database.reading() as connection:
        found = {name: list(connection.execute(select(table))) for name, table in metadata.tables.items()}
    database.close()
    return found


def test_a_house_where_all_is_well_is_told_so_and_no_row_changes(sending: Make, with_edition: Service) -> None:
    with_edition.add("ada@readers.example", Wishes(), consent={"text": "", "from": ""})
    with web_server(with_edition) as address:
        told = sending(public_url=address)
        before = rows(told)
        said = examine(told, Instruments(now=lambda: NOW, look_up=zone()))
        assert rows(told) == before
    # Only that the web is on this machine is wrong here.
    assert said.failed == [f"settings: the links in mails lead to {address}, which is this machine alone"]
    house = ["ok database", "ok disk", "ok clock", "ok templates"]
    mail = ["ok relay", "ok returns", "ok spf", *["ok dkim"] * 2, "ok dmarc", "ok mx", "ok ptr"]
    assert verdicts(said) == ["wrong settings", *house, *mail, "ok web"]


def test_a_new_house_is_warned_and_nothing_is_made(settings: Make, tmp_path: Path) -> None:
    told = settings(public_url=f"http://127.0.0.1:{free_port()}")
    said = examine(told, Instruments(now=lambda: NOW, look_up=silent))
    assert said.done
    assert set(verdicts(said)) == {"warn settings", "warn database", "warn outbox", "warn web"}
    assert list(tmp_path.iterdir()) == []
    assert all(one.remedy for one in said.findings)


@pytest.mark.parametrize(("url", "verdict"), [("nowhere", "wrong"), ("sqlite:////", "wrong"), ("sqlite:///no", "warn")])
def test_a_database_that_cannot_be_opened_keeps_nobody_from_looking_at_the_rest(
    url: str, verdict: str, settings: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = examine(settings(database_url=url), Instruments(now=lambda: NOW, look_up=silent))
    assert [one.verdict for one in of(said, "database")] == [verdict]
    assert not of(said, "templates")
    assert of(said, "outbox")
    assert of(said, "web")


def test_a_database_of_another_version_is_wrong(settings: Make) -> None:
    told = settings()
    database = Database(told.database_url)
    database.migrate("0001_initial")
    database.close()
    [found] = of(examine(told, Instruments(now=lambda: NOW)), "database")
    assert found.verdict == "wrong"
    assert "digest migrate" in found.remedy


def test_a_full_look_at_postgresql_is_as_good(settings: Make, postgresql_url: str, database_url: str) -> None:
    with Service(settings(database_url=database_url), now=lambda: NOW) as opened:
        said = examine(opened.settings, Instruments(now=lambda: NOW))
    assert {*verdicts(said)} >= {"ok database", "ok disk", "ok clock"}


def test_a_clock_behind_what_was_written_is_wrong(with_edition: Service) -> None:
    early = NOW - timedelta(hours=1, microseconds=5)
    [found] = of(examine(with_edition.settings, Instruments(now=lambda: early)), "clock")
    assert (found.verdict, found.seen) == ("wrong", "it is behind what was written last by 1:00:00")


def test_a_clock_behind_its_own_last_beat_is_wrong(service: Service) -> None:
    with service.database.writing() as connection:
        bells.beat(connection, HEARTBEAT, NOW + timedelta(hours=2))
    [found] = of(examine(service.settings, Instruments(now=lambda: NOW)), "clock")
    assert found.seen == "it is behind what was written last by 2:00:00"


def test_a_notice_that_is_dated_ahead_never_makes_a_clock_wrong(with_edition: Service) -> None:
    number = with_edition.add("ada@readers.example", Wishes(), consent={"text": "", "from": ""})
    with with_edition.database.writing() as connection:
        deliveries.queue(connection, number, Kind.UNREACHABLE, "1", now=NOW + timedelta(days=1))
    assert [found.verdict for found in of(examine(with_edition.settings, Instruments(now=lambda: NOW)), "clock")] == [
        "ok"
    ]


@pytest.mark.parametrize(("off", "verdict"), [(0, "ok"), (30, "warn"), (-3600, "wrong")])
def test_the_clock_is_compared_with_that_of_a_source_if_wished(off: int, verdict: str, settings: Make) -> None:
    with answering(200, NOW + timedelta(seconds=off)) as address:
        by = Instruments(now=lambda: NOW, time_page=address)
        [found] = of(examine(settings(private_hosts=("127.0.0.1",)), by), "clock")
    assert found.verdict == verdict, found


def test_a_source_that_cannot_be_asked_is_told_as_that(settings: Make) -> None:
    by = Instruments(now=lambda: NOW, time_page="http://127.0.0.1:1/")
    [found] = of(examine(settings(), by), "clock")
    assert found.verdict == "wrong"
    assert found.seen.startswith("it cannot be looked at: 127.0.0.1 lies in a private network")


def test_a_mail_server_that_does_not_encrypt_or_answer_is_wrong(sending: Make) -> None:
    dead = free_port()
    told = sending(smtp_security="starttls")
    told = sending(smtp_security="starttls", smtp_host=f"127.0.0.1:{told.smtp_port},127.0.0.1:{dead}")
    plain, gone = of(examine(told, Instruments(now=lambda: NOW, look_up=zone())), "relay")
    assert (plain.verdict, gone.verdict) == ("wrong", "wrong")
    assert "STARTTLS" in plain.seen
    assert f"127.0.0.1:{dead} cannot be used" in gone.seen


@needs("openssl")
@pytest.mark.parametrize(
    ("password", "ca_file", "days", "verdict", "words"),
    [
        ("secret", "server", 0, "ok", "logged in as me"),
        ("secret", "server", 30, "warn", "logged in as me"),
        ("guess", "server", 0, "wrong", "535"),
        ("secret", "stranger", 0, "wrong", "certificate verify failed"),
    ],
)
def test_certificate_and_login_of_a_mail_server_are_looked_at(
    password: str, ca_file: str, days: int, verdict: str, words: str, sending: Make, papers: Papers
) -> None:
    with tls_server("starttls", papers.server, authenticator=check) as (inbox, port):
        more = {"smtp_security": "starttls", "smtp_port": port, "smtp_user": "me", "smtp_password": password}
        told = sending(**more, smtp_ca_file=str(getattr(papers, ca_file)))
        by = Instruments(now=lambda: wall_clock() + timedelta(days=days), look_up=zone())
        [found] = of(examine(told, by), "relay")
        assert inbox.envelopes == []
    assert found.verdict == verdict
    assert words in found.seen


@pytest.mark.parametrize(("told", "verdict"), [("250 SMTPUTF8", "ok"), ("250 SIZE 0", "warn")])
def test_where_addresses_beyond_ascii_may_sign_up_the_mail_server_must_announce_it(
    told: str, verdict: str, sending: Make
) -> None:
    server = Server({"EHLO": [f"250-here\r\n{told}"] * 2})
    with running(server):
        for on, verdicts in ((True, [verdict]), (False, [])):
            said = examine(
                sending(utf8_addresses=on, smtp_port=server.port), Instruments(now=lambda: NOW, look_up=zone())
            )
            assert [found.verdict for found in of(said, "utf8")] == verdicts
    assert server.script.got == []


def test_a_name_server_that_is_silent_is_told_for_each_record(sending: Make) -> None:
    said = examine(sending(), Instruments(now=lambda: NOW, look_up=silent))
    assert [line for line in verdicts(said) if line.split()[1] in {"spf", "dkim", "dmarc", "mx", "ptr"}] == [
        "wrong spf", "wrong dkim", "wrong dmarc", "wrong mx", "wrong ptr",
    ]  # fmt: skip
    assert "cannot be looked up: timed out" in of(said, "spf")[0].seen


def test_a_key_that_cannot_be_read_is_told_and_the_other_records_are_looked_at(sending: Make, tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("no key")
    said = examine(sending(dkim_keys=str(tmp_path / "bad.pem")), Instruments(now=lambda: NOW, look_up=zone()))
    [found] = of(said, "dkim")
    assert found.verdict == "wrong"
    assert found.seen == f"{tmp_path / 'bad.pem'} holds no private key in PEM form without a password"
    assert {"ok spf", "ok dmarc"} <= {*verdicts(said)}


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ([SPF], "ok"),
        (["V=SPF1 mx ~all"], "ok"),
        (["v=spf1 redirect=_spf.example.org"], "ok"),
        ([], "wrong"),
        (["v=spf10 -all"], "wrong"),
        ([SPF, "v=spf1 -all"], "wrong"),
        (["v=spf1 +all"], "wrong"),
        (["v=spf1 ?all"], "wrong"),
        (["v=spf1 mx"], "warn"),
        (["v=spf1"], "warn"),
        ([f"v=spf1 {' '.join(f'include:{n}.example' for n in range(11))} -all"], "wrong"),
    ],
)
def test_a_record_of_senders_must_be_one_and_shut_others_out(texts: list[str], verdict: str) -> None:
    assert verdicts([*spf(zone({(DOMAIN, "TXT"): texts}), DOMAIN)]) == [f"{verdict} spf"]


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (["v=DMARC1; p=reject; rua=mailto:a@example.org"], "ok"),
        (["v=DMARC1; p=none"], "warn"),
        (["v=DMARC1; p=maybe"], "wrong"),
        (["v=DMARC1"], "wrong"),
        ([DMARC, DMARC], "wrong"),
        (["p=none"], "wrong"),
        ([], "wrong"),
    ],
)
def test_a_policy_must_be_one_that_receivers_can_read(texts: list[str], verdict: str) -> None:
    assert verdicts([*dmarc(zone({(f"_dmarc.{DOMAIN}", "TXT"): texts}), DOMAIN)]) == [f"{verdict} dmarc"]


def test_the_policy_of_the_domain_above_holds_where_there_is_none() -> None:
    above = {(f"_dmarc.{DOMAIN}", "TXT"): [], ("_dmarc.example.org", "TXT"): [DMARC]}
    assert verdicts([*dmarc(zone(above), DOMAIN)]) == ["ok dmarc"]


@pytest.mark.parametrize("strings", [[], ["v=DKIM1; k=rsa; p="], ["v=DKIM1; k=rsa; p=QUJD"], ["a", "b"]])
def test_a_key_must_be_published_and_be_the_one_that_signs(strings: list[str]) -> None:
    rsa = keys()[0]
    [found] = dkim(zone({(f"{rsa.selector}._domainkey.{DOMAIN}", "TXT"): strings}), DOMAIN, [rsa])
    assert found.verdict == "wrong"
    assert '" "'.join(rsa.record) in found.remedy


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({(DOMAIN, "MX"): []}, "wrong"),
        ({(DOMAIN, "MX"): [], (DOMAIN, "A"): [ADDRESS]}, "ok"),
        ({(DOMAIN, "MX"): ["0 ."]}, "wrong"),
        ({(DOMAIN, "MX"): ["10 gone.example.org."]}, "wrong"),
    ],
)
def test_somebody_must_take_what_comes_back(changed: dict[tuple[str, str], list[str]], verdict: str) -> None:
    assert verdicts([*mx(zone(changed), DOMAIN)]) == [f"{verdict} mx"]


@pytest.mark.parametrize(
    ("changed", "seen"),
    [
        ({}, f"{ADDRESS} is mail.{DOMAIN}, and back"),
        ({(BACK, "PTR"): []}, f"{ADDRESS} has no name"),
        ({(BACK, "PTR"): ["else.example."]}, f"{ADDRESS} is called else.example, which leads elsewhere"),
        ({(DOMAIN, "TXT"): ["v=spf1 ip4:100.20.0.0/16 -all"]}, "which address mail leaves from is not to be seen"),
        ({(DOMAIN, "TXT"): ["v=spf1 ip4:10.1.2.3 -all"]}, "which address mail leaves from is not to be seen"),
    ],
)
def test_an_address_needs_a_name_that_leads_back(changed: dict[tuple[str, str], list[str]], seen: str) -> None:
    [found] = ptr(zone(changed), DOMAIN, [])
    assert found.seen.startswith(seen)
    assert found.verdict == ("warn" if changed else "ok")


def test_the_address_of_a_mail_server_is_one_that_mail_may_come_from() -> None:
    [found] = ptr(zone({(DOMAIN, "TXT"): []}), DOMAIN, [f"mail.{DOMAIN}"])
    assert found.seen == f"{ADDRESS} is mail.{DOMAIN}, and back"


@needs("dnsmasq")
def test_a_name_server_is_understood(tmp_path: Path) -> None:
    port, rsa = free_port(), keys()[0]
    name = f"{rsa.selector}._domainkey.{DOMAIN}"
    held = [
        f"txt-record={name},{','.join(rsa.record)}",
        f"txt-record={DOMAIN},{SPF}",
        f"mx-host={DOMAIN},mail.{DOMAIN}",
    ]
    held += [f"host-record=mail.{DOMAIN},{ADDRESS}", "local=/#/", "no-resolv", "no-hosts", "bind-interfaces"]
    held += ["listen-address=127.0.0.1", f"port={port}", f"user={getuser()}", "pid-file="]
    (tmp_path / "zone.conf").write_text("\n".join(held) + "\n")
    resolver = Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    look_up = Names(resolver)
    with serving(path_of("dnsmasq"), "-k", "-C", tmp_path / "zone.conf", port=port, log=tmp_path / "log"):
        assert verdicts([*dkim(look_up, DOMAIN, [rsa]), *spf(look_up, DOMAIN), *mx(look_up, DOMAIN)]) == [
            "ok dkim", "ok spf", "ok mx",
        ]  # fmt: skip
        assert verdicts([*ptr(look_up, DOMAIN, [])]) == ["ok ptr"]
        assert look_up(f"_dmarc.{DOMAIN}", "TXT") == []
    resolver.lifetime = 0.5
    with pytest.raises(OSError, match=r"TXT of digest.example.org cannot be looked up"):
        look_up(DOMAIN, "TXT")


@pytest.mark.parametrize(("status", "words"), [(200, "a made-up link to leave is answered with 200"), (302, "302")])
def test_a_web_that_is_not_ours_or_takes_any_link_is_wrong(status: int, words: str, settings: Make) -> None:
    with answering(status) as address:
        [found] = of(examine(settings(public_url=address), Instruments(now=lambda: NOW)), "web")
    assert found.verdict == "wrong"
    assert words in found.seen


def test_a_made_up_link_that_takes_a_reader_away_is_noticed(with_edition: Service) -> None:
    with_edition.add("ada@readers.example", Wishes(), consent={"text": "", "from": ""})
    with answering(400, also=lambda: with_edition.remove("ada@readers.example")) as address:
        told = with_edition.settings.model_copy(update={"public_url": address})
        [found] = of(examine(told, Instruments(now=lambda: NOW)), "web")
    assert found.seen == "a reader's status changed while a made-up link was opened"


@needs("openssl")
@pytest.mark.parametrize(
    ("ca_file", "days", "verdict", "words"),
    [
        ("server", 0, "ok", "its certificate holds until"),
        ("server", 20, "warn", "its certificate ends on"),
        ("stranger", 0, "wrong", "certificate verify failed"),
    ],
)
def test_the_certificate_of_the_web_is_looked_at(
    ca_file: str, days: int, verdict: str, words: str, sending: Make, papers: Papers
) -> None:
    at = wall_clock() + timedelta(days=days)
    by = Instruments(now=lambda: at, look_up=zone(), ca_file=str(getattr(papers, ca_file)))
    with answering(400, pair=papers.server) as address:
        [found] = of(examine(sending(public_url=address), by), "web")
    assert found.verdict == verdict
    assert words in found.seen


def test_a_web_nobody_answers_at_is_wrong_where_mail_leaves(sending: Make) -> None:
    told = sending(public_url=f"https://127.0.0.1:{free_port()}")
    [found] = of(examine(told, Instruments(now=lambda: NOW, look_up=zone())), "web")
    assert found.verdict == "wrong"


def test_the_command_ends_with_1_where_something_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
    fresh = CliRunner().invoke(app, ["doctor"])
    assert fresh.exit_code == 0
    assert "→ `digest migrate` makes it" in fresh.stdout
    monkeypatch.setenv("DIGEST_OUTBOX", "/dev/null")
    said = CliRunner().invoke(app, ["doctor", "--json"])
    told = json.loads(said.stdout)
    assert (said.exit_code, told["done"]) == (1, False)
    assert [one["part"] for one in told["findings"] if one["verdict"] == "wrong"] == ["outbox"]


def test_a_setting_that_is_wrong_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_PUBLIC_URL", "http://digest.example.org")
    said = CliRunner().invoke(app, ["doctor"])
    assert said.exit_code == 1
    assert said.stdout.startswith("wrong  settings   DIGEST_PUBLIC_URL: it must begin with https://")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SMTP_HOST", "127.0.0.1:abc", "DIGEST_SMTP_HOST: it must name mail servers by comma"),
        ("SMTP_HOST", "mail.example.org,,", "DIGEST_SMTP_HOST: it must name mail servers"),
        ("BOUNCE_IMAP_HOST", "127.0.0.1:abc", "DIGEST_BOUNCE_IMAP_HOST: it must be host or host:port"),
        ("BOUNCE_LMTP", "8024", "DIGEST_BOUNCE_LMTP must be host:port or a port, and needs DIGEST_BOUNCE_ADDRESS"),
        ("BOUNCE_WEBHOOK_SECRET", "x" * 15, "DIGEST_BOUNCE_WEBHOOK_SECRET: it must have 16 characters or more"),
        ("SIGNING_KEY", "x" * 31, "DIGEST_SIGNING_KEY: it must have 32 characters or more"),
    ],
)
def test_a_setting_of_mail_that_cannot_be_meant_is_refused_by_its_name(
    name: str, value: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"DIGEST_{name}", value)
    with pytest.raises(SettingsError, match=f"^{words}"):
        read_settings()


def test_a_misspelt_setting_never_hides_other_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {"SENDRE": "a@example.org", "SENDER": "papers", "SMTP_HOST": "a:b"}.items():
        monkeypatch.setenv(f"DIGEST_{name}", value)
    with pytest.raises(SettingsError) as told:
        read_settings()
    assert all(f"DIGEST_{name}: " in str(told.value) for name in ("SENDRE", "SENDER", "SMTP_HOST"))


@contextmanager
def imap_server(pair: Path) -> Iterator[int]:
    """Run a mailbox under TLS that one login opens and that can only be looked at; give its port."""

    class Box(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK here\r\n")
            for line in self.rfile:
                tag, verb, *words = line.decode().split()
                taken = verb in {"CAPABILITY", "EXAMINE", "LOGOUT"} or words == ["me", '"secret"']
                more = "* CAPABILITY IMAP4rev1\r\n" if verb == "CAPABILITY" else ""
                self.wfile.write(f"{more}{tag} {'OK' if taken else 'NO'} {verb} was heard\r\n".encode())

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair)
    with TCPServer(("127.0.0.1", 0), Box) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@needs("openssl")
@pytest.mark.parametrize(
    ("password", "verdict", "words"), [("secret", "ok", "inbox of me"), ("guess", "wrong", "LOGIN was heard")]
)
def test_the_login_to_the_mailbox_of_what_comes_back_is_tried(
    password: str, verdict: str, words: str, sending: Make, papers: Papers
) -> None:
    with imap_server(papers.server) as port:
        said = {"bounce_imap_host": f"127.0.0.1:{port}", "bounce_imap_user": "me", "bounce_imap_password": password}
        by = Instruments(now=lambda: NOW, look_up=zone(), ca_file=str(papers.server))
        [found] = of(examine(sending(bounce_maildir="", **said), by), "returns")
    assert (found.verdict, words in found.seen) == (verdict, True), found


def test_a_folder_of_what_comes_back_that_is_not_there_is_wrong(sending: Make, tmp_path: Path) -> None:
    said = examine(sending(bounce_maildir=str(tmp_path / "gone")), Instruments(now=lambda: NOW, look_up=zone()))
    assert [(found.verdict, found.seen) for found in of(said, "returns")] == [
        ("wrong", f"{tmp_path / 'gone'} is no Maildir folder: No such file or directory")
    ]
    assert not (tmp_path / "gone").exists()


def test_lmtp_is_open_only_while_digest_serves_and_the_webhook_by_its_secret(sending: Make) -> None:
    by = Instruments(now=lambda: NOW, look_up=zone())
    ways = {"bounce_lmtp": str(free_port()), "bounce_address": f"bounce@{DOMAIN}", "bounce_webhook_secret": "x" * 16}
    told = sending(bounce_maildir="", **ways)
    shut = of(examine(told, by), "returns")
    assert [found.verdict for found in shut] == ["wrong", "ok"]
    assert shut[0].remedy == "Is `digest serve` running?"
    with Service(told, lambda: NOW) as house, taking_in(house):
        assert [found.verdict for found in of(examine(told, by), "returns")] == ["ok", "ok"]


def test_where_no_way_back_is_set_all_four_are_named(sending: Make) -> None:
    [found] = of(examine(sending(bounce_maildir=""), Instruments(now=lambda: NOW, look_up=zone())), "returns")
    assert (found.verdict, found.seen) == ("warn", "nobody reads what comes back")
    assert all(way in found.remedy for way in ("_MAILDIR", "_IMAP_HOST", "_LMTP", "_WEBHOOK_SECRET"))
