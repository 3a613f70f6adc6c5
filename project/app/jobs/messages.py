"""Messages between the server and the process that keeps models: the length in eight bytes, then JSON."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

import orjson

_LENGTH = struct.Struct(">Q")
_CHUNK_BYTES = 1024 * 1024
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Send a message; numpy's arrays become lists, NaN becomes null."""
    try:
        content = orjson.dumps(message, option=_OPTIONS)
    except (
        TypeError
    ):  # a whole number of more than 64 bits, which becomes a float at the other end
        content = json.dumps(message).encode()
    connection.sendall(_LENGTH.pack(len(content)) + content)


def receive(connection: socket.socket) -> dict[str, Any] | None:
    """Return the next message; None once the other end is closed."""
    try:
        head = _exactly(connection, _LENGTH.size)
        content = head and _exactly(connection, *_LENGTH.unpack(head))
    except OSError:
        return None
    return orjson.loads(content) if content else None


def _exactly(connection: socket.socket, n_bytes: int) -> bytes | None:
    content = bytearray()
    while len(content) < n_bytes:
        part = connection.recv(min(_CHUNK_BYTES, n_bytes - len(content)))
        if not part:
            return None
        content += part
    return bytes(content)
