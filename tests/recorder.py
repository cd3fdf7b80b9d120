"""A mail server that is a process of its own: it takes every message and writes down to whom, and its Message-ID."""

import asyncio
import sys
from functools import partial
from pathlib import Path


def id_of(body: bytes) -> str:
    """Give the Message-ID of a message, which may stand on a line of its own."""
    head = body.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    return next(line[11:].strip().decode() for line in head.split(b"\r\n") if line.lower().startswith(b"message-id:"))


async def talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, record: Path, pause_seconds: float
) -> None:
    """Speak to one client until it is gone. A message is in the record before it is accepted."""
    writer.write(b"220 recorder\r\n")
    recipient = ""
    try:
        while line := await reader.readline():
            command = line[:4].upper()
            if command == b"RCPT":
                recipient = line.partition(b"<")[2].partition(b">")[0].decode()
            if command == b"DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                with record.open("a") as lines:
                    lines.write(f"{recipient} {id_of(body)}\n")
                await asyncio.sleep(pause_seconds)
            writer.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    writer.close()


async def serve(port: int, record: Path, pause_seconds: float) -> None:
    """Listen until the process is ended."""
    speaks = partial(talk, record=record, pause_seconds=pause_seconds)
    async with await asyncio.start_server(speaks, "127.0.0.1", port, limit=2**22) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))
