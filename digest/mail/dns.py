"""DNS as receivers of mail read it: SPF, DKIM, DMARC, where bounces go, the names of addresses. It only asks."""

import re
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from digest.domain.finding import Finding, ok, warn, wrong
from digest.mail.dkim import Key

SECONDS = 10.0
"""How long an answer may take, with all tries."""
MOST_LOOKUPS = 10
"""Terms of an SPF record that make the receiver ask again (RFC 7208, 4.6.4)."""
ASKS_AGAIN = re.compile(r"[+?~-]?(include:|a\b|mx\b|ptr\b|exists:)|redirect=", re.IGNORECASE)
POLICIES = {"none", "quarantine", "reject"}
LookUp = Callable[[str, str], Sequence[str]]
"""Gives the texts of a name's records of a kind, none where there are none; raises OSError where nobody answers."""


class Names:
    """Looks names up, as this machine does or by a resolver of one's own."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self.resolver = resolver

    def __call__(self, name: str, kind: str) -> list[str]:
        """Give the texts of a name's records of a kind; the strings of a TXT record are one text."""
        try:
            self.resolver = self.resolver or _of_this_machine()
            answer = self.resolver.resolve(name, kind, search=False)
        except (NXDOMAIN, NoAnswer):
            return []
        except DNSException as error:
            raise OSError(f"{kind} of {name} cannot be looked up: {error}") from error
        if kind == "TXT":
            return [b"".join(one.strings).decode("utf-8", "replace") for one in answer]
        return [one.to_text() for one in answer]


def _of_this_machine() -> Resolver:
    resolver = Resolver()
    resolver.lifetime = SECONDS
    return resolver


def spf(look_up: LookUp, domain: str) -> Iterator[Finding]:
    """Look at the record of the domain bounces go to: it says who may send for it (RFC 7208)."""
    found = [text for text in look_up(domain, "TXT") if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]
    if len(found) != 1:
        seen = f"{domain} has {len(found) or 'no'} SPF record{'s' if found else ''}"
        yield wrong("spf", seen, f'Publish one: {domain}. IN TXT "v=spf1 …", naming what your mail server sends from.')
        return
    terms = found[0].lower().split()[1:]
    asking = sum(bool(ASKS_AGAIN.match(term)) for term in terms)
    if asking > MOST_LOOKUPS:
        yield wrong("spf", f"{found[0]}: {asking} terms to look up, {MOST_LOOKUPS} are allowed", "Name addresses.")
    elif {"all", "+all", "?all"} & {*terms}:
        yield wrong("spf", f"{found[0]}: anybody may send for {domain}", "End it with -all or ~all.")
    elif not terms or not re.match(r"[~-]all$|redirect=", terms[-1]):
        yield warn("spf", f"{found[0]}: it says nothing of other senders", "End it with -all or ~all.")
    else:
        yield ok("spf", f"{domain}: {found[0]}")


def dkim(look_up: LookUp, domain: str, keys: Sequence[Key]) -> Iterator[Finding]:
    """Look whether the record of every key that signs is published, and is that key's (RFC 6376)."""
    for key in keys:
        name = f"{key.selector}._domainkey.{domain}"
        found = look_up(name, "TXT")
        record = f'Publish it: {name}. IN TXT ( "' + '" "'.join(key.record) + '" )'
        if len(found) != 1:
            yield wrong("dkim", f"{name} has {len(found) or 'no'} record{'s' if found else ''}", record)
        elif _tags(found[0]).get("p") != _tags("".join(key.record))["p"]:
            yield wrong("dkim", f"{name} is the record of another key, or revoked", record)
        else:
            yield ok("dkim", f"{name}: {key.kind}, the key that signs")
    if not keys:
        remedy = "If your mail server does not sign: `digest dkim new`."
        yield warn("dkim", "mail leaves unsigned by this service; your mail server must sign", remedy)


def dmarc(look_up: LookUp, domain: str) -> Iterator[Finding]:
    """Look at the policy of the From line's domain, or else of the nearest domain above it (RFC 9989)."""
    labels = domain.split(".")
    for name in (f"_dmarc.{'.'.join(labels[at:])}" for at in range(max(1, len(labels) - 1))):
        found = [text for text in look_up(name, "TXT") if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)]
        if len(found) == 1:
            tags = _tags(found[0])
            if tags.get("p", "").lower() not in POLICIES:
                yield wrong("dmarc", f"{name}: {found[0]}", "Its p= is none, quarantine or reject.")
            elif "rua" not in tags:
                remedy = "Add rua=mailto:… to hear of mail of yours that fails."
                yield warn("dmarc", f"{name}: {found[0]}", remedy)
            else:
                yield ok("dmarc", f"{name}: {found[0]}")
            return
        if found:
            yield wrong("dmarc", f"{name} has {len(found)} policies", "Leave one.")
            return
    record = f'_dmarc.{domain}. IN TXT "v=DMARC1; p=none; rua=mailto:…"'
    yield wrong("dmarc", f"{domain} has no DMARC policy", f"Publish one: {record}")


def mx(look_up: LookUp, domain: str) -> Iterator[Finding]:
    """Look who takes the mail of the domain bounces go to (RFC 5321, 5.1; RFC 7505)."""
    hosts = [text.split()[-1].rstrip(".") for text in look_up(domain, "MX")]
    dead = [host for host in hosts or [domain] if not host or not _addresses(look_up, host)]
    if dead and not hosts:
        yield wrong("mx", f"nobody takes mail for {domain}: bounces are lost", "Publish an MX record of it.")
    elif dead:
        yield wrong("mx", f"{domain} names {', '.join(dead) or '.'}, which has no address", "Correct its MX records.")
    else:
        yield ok("mx", f"{domain}: {', '.join(hosts) or 'its own address'}")


def ptr(look_up: LookUp, domain: str, hosts: Sequence[str]) -> Iterator[Finding]:
    """Look whether the addresses mail comes from have names that lead back to them.

    They are those of the mail servers, and the single ones the SPF record of `domain` names.
    """
    told = " ".join(look_up(domain, "TXT"))
    found = [*re.findall(r"\bip[46]:([0-9A-Fa-f.:]+)(?![0-9A-Fa-f.:/])", told)]
    for host in hosts:
        found += _addresses(look_up, host)
    public = [address for address in dict.fromkeys(found) if ip_address(address).is_global]
    for address in public:
        names = [name.rstrip(".") for name in look_up(ip_address(address).reverse_pointer, "PTR")]
        if any(ip_address(address) in map(ip_address, _addresses(look_up, name)) for name in names):
            yield ok("ptr", f"{address} is {names[0]}, and back")
        else:
            seen = (
                f"{address} is called {', '.join(names)}, which leads elsewhere" if names else f"{address} has no name"
            )
            yield warn("ptr", seen, "If mail leaves from it, whoever lends you the address sets its PTR record.")
    if not public:
        remedy = "Look at it yourself: `host ADDRESS`, and `host` of the name it gives."
        yield warn("ptr", "which address mail leaves from is not to be seen from here", remedy)


def _addresses(look_up: LookUp, host: str) -> list[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        return [*look_up(host, "A"), *look_up(host, "AAAA")]


def _tags(record: str) -> dict[str, str]:
    """Read a record of tags, the blanks within values left out.

    >>> _tags("v=DKIM1; k=rsa; p=AB CD;")
    {'v': 'DKIM1', 'k': 'rsa', 'p': 'ABCD'}
    """
    parts = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip(): re.sub(r"\s+", "", value) for name, _, value in parts}
