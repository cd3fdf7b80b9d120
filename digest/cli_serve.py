"""The command that stays: serves the web, rings the clock, hears signals, and ends cleanly."""

import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest import console
from digest.opened import SettingsError, opened, read_settings

if TYPE_CHECKING:
    import uvicorn

    from digest.service import Service
    from digest.settings import Settings

log = logging.getLogger(__name__)
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any that is free.")]
WEB_ENDS = 3
"""Seconds in which pages that are being made must be done when the service ends."""
RINGS_END = 5
"""Seconds in which what the clock began must be where it can be left; after that it is left as a crash would."""
AT_START_ONLY = ("database_url", "trusted_proxies", "log_format", "bounce_lmtp")
"""What stays as it was at the start, whatever is read again."""


def serve(port: Port = 8000, host: str = "127.0.0.1", clock: bool = True) -> None:
    """Serve the web and ring the clock in one process; --no-clock serves the web only."""
    from digest.journal import write_log

    with opened() as service, listening(host, port) as ear, _taking_in(service):
        from digest.scheduler import RINGS

        said = service.settings
        write_log(said.log_format)
        at = f"{host}:{ear.getsockname()[1]}"
        typer.echo(f"Serving {said.public_url} on {at}; mail goes {said.way_out}.", err=True)
        log.info("serving", extra={"said": {"on": at, "clock": clock, "mail": said.way_out}})
        if hasattr(signal, "SIGHUP"):
            anew = partial(_read_anew, service, said)
            signal.signal(signal.SIGHUP, lambda *_: Thread(target=anew, daemon=True).start())
        serve_house(service, ear, RINGS if clock else ())


def serve_house(
    service: "Service", ear: socket.socket, rings: Sequence[tuple[Callable[["Service"], None], int]]
) -> None:
    """Serve until SIGTERM or SIGINT comes; then end what is under way."""
    from digest import scheduler

    door = _door(service)
    for end in (signal.SIGTERM, signal.SIGINT):  # The web's server passes on what ended it, when all is done.
        signal.signal(end, lambda *_: service.ending.set())
    ringing = scheduler.start(service, rings)
    try:
        door.run([ear])
    finally:
        ends = Thread(target=scheduler.stop, args=(service, ringing), daemon=True)
        ends.start()
        ends.join(RINGS_END)
        if is_late := ends.is_alive():
            log.warning("what was under way did not end in %s seconds; the next start takes it over", RINGS_END)
        log.info("stopped")
        if is_late:
            logging.shutdown()
            os._exit(0)  # A thread that waits for a network would be waited for.


def listening(host: str, port: int) -> socket.socket:
    """Listen on a port, or end with a sentence that says why not."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        console.refuse(f"cannot listen on {host}:{port}: {_why(error)}; name another port with --port")


def _why(error: OSError) -> str:
    return str(error.strerror).partition(" (while")[0]  # Python adds the address, which is told already.


@contextmanager
def _taking_in(service: "Service") -> Iterator[None]:
    """Open the mail server's door if a setting names one, or end with a sentence that says why not."""
    from digest.lmtp import taking_in

    with ExitStack() as stack:
        try:
            stack.enter_context(taking_in(service))
        except OSError as error:
            where = service.settings.bounce_lmtp
            console.refuse(f"cannot listen for LMTP on {where}: {_why(error)}; mend DIGEST_BOUNCE_LMTP")
        yield


def _door(service: "Service") -> "uvicorn.Server":
    import uvicorn

    from digest.web.app import create_app

    class Door(uvicorn.Server):
        """The web's server, which tells the clock as soon as a signal comes."""

        def handle_exit(self, sig: int, frame: Any) -> None:
            """End the web, and meanwhile what the clock began."""
            service.ending.set()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        create_app(service),
        log_config=None,
        log_level="warning",
        access_log=False,  # The paths of readers hold their tokens.
        server_header=False,
        forwarded_allow_ips=service.settings.trusted_proxies,
        timeout_graceful_shutdown=WEB_ENDS,
    )
    return Door(config)


def _read_anew(service: "Service", started: "Settings") -> None:
    """Use the settings as they are now, or tell what is wrong with them and keep the old.

    Parameters
    ----------
    started : the settings of the start, by which some things run until the end
    """
    try:
        read = read_settings()
        kept = [name for name in AT_START_ONLY if getattr(read, name) != getattr(started, name)]
        service.reload(read)
    except SettingsError as error:
        log.error("the settings are kept as they were: %s", error)
    except Exception:
        log.exception("the settings are kept as they were")
    else:
        log.info("the settings were read anew", extra={"said": {"needs_a_restart": kept} if kept else {}})
