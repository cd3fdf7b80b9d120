"""rspamd reads the mails as a receiving server does, with DKIM, SPF and DMARC from a name server of the test."""

import getpass
import json
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.judges.mails import Mail
from tests.judges.programs import needs, path_of, serving
from tests.servers import free_port
from tests.signing import DOMAIN, keys, records, signed

pytestmark = [needs("rspamd", "dnsmasq"), pytest.mark.timeout(600)]
ADDRESS = "100.20.30.40"
"""Where the mails come from; an address of the documentation's ranges would be held against them."""
ASKS_THE_NET = ("rbl", "fuzzy_check", "phishing", "asn", "surbl", "neural", "greylist", "ratelimit", "history_redis")
NEEDED = {"R_DKIM_ALLOW", "R_SPF_ALLOW", "DMARC_POLICY_ALLOW"}
MOST = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A running rspamd, whose name server tells the records of our keys."""

    port: int

    def verdict(self, body: bytes, mail: Mail) -> Mapping[str, Any]:
        """Give what it makes of a message that comes from our own address."""
        envelope = {"IP": ADDRESS, "Helo": f"mail.{DOMAIN}", "Hostname": f"mail.{DOMAIN}"}
        envelope |= {"From": f"bounce@{DOMAIN}", "Rcpt": mail.letter.recipient}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/checkv2", data=body, headers=envelope)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            told: dict[str, Any] = json.load(answer)
        return told


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    folder, names, scans = tmp_path_factory.mktemp("rspamd"), free_port(), free_port()
    told = {DOMAIN: (f"v=spf1 ip4:{ADDRESS} -all",), f"_dmarc.{DOMAIN}": ("v=DMARC1; p=reject",)} | records()
    zone = [f"txt-record={name},{','.join(strings)}" for name, strings in told.items()]
    zone += [f"host-record=mail.{DOMAIN},{ADDRESS}", f"mx-host={DOMAIN},mail.{DOMAIN}", "local=/#/"]
    zone += ["no-resolv", "no-hosts", "bind-interfaces", "listen-address=127.0.0.1", f"port={names}"]
    (folder / "zone.conf").write_text("\n".join([*zone, f"user={getpass.getuser()}", "pid-file="]) + "\n")
    arguments = _configured(folder, names, scans)
    with (
        serving(path_of("dnsmasq"), "-k", "-C", folder / "zone.conf", port=names, log=folder / "dnsmasq.log"),
        serving(path_of("rspamd"), *arguments, port=scans, log=folder / "rspamd.log"),
    ):
        yield Receiver(port=scans)


def _configured(folder: Path, names: int, scans: int) -> list[str]:
    """Write what differs from the distribution's own settings, and give the arguments that use it."""
    own = folder / "local.d"
    own.mkdir()
    for module in ASKS_THE_NET:
        (own / f"{module}.conf").write_text("enabled = false;\n")
    (own / "options.inc").write_text(f'dns {{ nameserver = ["127.0.0.1:{names}:1"]; }}\n')
    (own / "logging.inc").write_text('type = "console";\nlevel = "warning";\n')
    (own / "worker-normal.inc").write_text(f'bind_socket = "127.0.0.1:{scans}";\ncount = 1;\n')
    (own / "worker-controller.inc").write_text("enabled = false;\n")
    (own / "worker-proxy.inc").write_text("enabled = false;\n")
    places = [f"--var={name}={folder}" for name in ("LOCAL_CONFDIR", "DBDIR", "RUNDIR", "LOGDIR")]
    return ["-f", "-i", "-u", getpass.getuser(), "-g", getpass.getuser(), "-c", "/etc/rspamd/rspamd.conf", *places]


def test_a_receiving_server_trusts_every_mail(receiver: Receiver, every_mail: list[Mail]) -> None:
    for mail in every_mail:
        told = receiver.verdict(signed(mail.body), mail)
        symbols = {name: one["score"] for name, one in told["symbols"].items() if one["score"] or name in NEEDED}
        assert set(symbols) >= NEEDED, (mail.name, symbols)
        assert {f"{DOMAIN}:s={key.selector}" for key in keys()} == {*told["symbols"]["R_DKIM_ALLOW"]["options"]}
        assert told["action"] == "no action", (mail.name, symbols)
        assert told["score"] <= MOST, (mail.name, symbols)


def test_a_mail_that_was_changed_on_its_way_is_not_trusted(receiver: Receiver, every_mail: list[Mail]) -> None:
    mail = every_mail[0]
    changed = signed(mail.body).replace(b"\r\nSubject: ", b"\r\nSubject: Not ", 1)
    assert "R_DKIM_REJECT" in receiver.verdict(changed, mail)["symbols"]
