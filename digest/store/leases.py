"""Who holds a claim: a process, by where its numbers count, its number and its start; a dead one is known at once."""

import os
import socket
from pathlib import Path

import psutil


def holder() -> str:
    """Name this process."""
    return f"{_place()}/{os.getpid()}/{_started(os.getpid())}"


def is_dead(name: str) -> bool:
    """Whether a holder is a process of this place that lives no more; of other places nothing is known.

    >>> is_dead(holder()), is_dead(f"{_place()}/{os.getpid()}/1"), is_dead("elsewhere/1/1")
    (False, True, False)
    """
    place, number, started = name.rsplit("/", 2)
    return place == _place() and _started(int(number)) != started


def _place() -> str:
    """Name the host, its present boot, and the namespace process numbers count in."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()[:8]
        return f"{socket.gethostname()}:{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # Not Linux: the name of the host must do.
        return socket.gethostname()


def _started(number: int) -> str:
    """Give the start of a process, in clock ticks since boot where they are told: a set clock does not move them."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
        return "gone" if fields[0] in {"Z", "X"} else fields[19]
    except OSError:
        try:
            return f"{psutil.Process(number).create_time():.2f}"
        except psutil.NoSuchProcess:
            return "gone"
