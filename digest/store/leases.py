"""Who holds a claim: a process, by host, number and start, so that a dead one on this host is known at once."""

import os
import socket

import psutil


def holder() -> str:
    """Name this process."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.2f}"


def is_dead(name: str) -> bool:
    """Whether a holder is a process of this host that lives no more; of other hosts nothing is known.

    >>> is_dead(holder()), is_dead(f"{socket.gethostname()}/{os.getpid()}/1.00"), is_dead("elsewhere/1/1.00")
    (False, True, False)
    """
    host, number, started = name.rsplit("/", 2)
    if host != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(number))
        return f"{process.create_time():.2f}" != started or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
