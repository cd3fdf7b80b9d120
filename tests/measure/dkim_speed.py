"""Measures what signing a message of 60 KB costs: CPU time a message, the best of some rounds.

python -m tests.measure.dkim_speed
"""

import time

from digest.domain.message import Message
from digest.mail.dkim import Signer
from tests.signing import DOMAIN, keys

SIZE, ROUNDS, EACH = 60_000, 7, 200
HEAD = (
    b"From: papers@digest.example.org\r\nTo: ada@readers.example\r\nSubject: 17 Mar: A study\r\n"
    b"Date: Tue, 17 Mar 2026 09:00:00 +0000\r\nMessage-ID: <issue.7.0@digest.example.org>\r\n"
    b"List-Unsubscribe: <https://digest.example.org/u/x>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n"
)
LINE = b"A line of a paper's abstract, which is as long as a line of a mail may be=\r\n"
MESSAGE = Message(id="7", sender="", recipient="", body=HEAD + LINE * (SIZE // len(LINE)))


def microseconds(signer: Signer) -> float:
    """Give the CPU time of signing one message."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(EACH):
            signer.signed(MESSAGE)
        rounds.append((time.process_time() - begun) / EACH)
    return min(rounds) * 1e6


if __name__ == "__main__":
    rsa, ed25519 = keys()
    for name, signers in {"rsa": [rsa], "ed25519": [ed25519], "both": [rsa, ed25519]}.items():
        print(f"{name:8} {microseconds(Signer(DOMAIN, signers)):6.0f} µs for {len(MESSAGE.body):,} bytes")
