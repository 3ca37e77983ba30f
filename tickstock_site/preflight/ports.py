"""The web port is free."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from tickstock_site.preflight.outcome import Abort, started_with
from tickstock_site.preflight.request import StartRequest

TRIED = 200


def check_port(request: StartRequest) -> str:
    """Nobody listens on the web port yet. Raises Abort."""
    host, port = request.host, _number(request.port)
    problem = why_not(host, port)
    if problem:
        free = first_free(host, range(port + 1, min(port + TRIED, 65_536)))
        raise Abort(
            f"port {port} of {host} can not be had: {problem}",
            "the web process serves the pages there",
            started_with(["--port", str(free or 0)]),
        )
    return f"Port {port} of {host} is free"


def _number(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 < port < 65_536:
        raise Abort(
            f"--port {text} is no port",
            "the web process listens on a whole number from 1 to 65535",
            started_with(["--port", "8000"]),
        )
    return port


def why_not(host: str, port: int) -> str:
    """Why the port can not be listened on; empty if it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(address)
            server.listen(1)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""


def first_free(host: str, ports: Iterable[int]) -> int | None:
    """The first of the ports that can be had."""
    return next((port for port in ports if not why_not(host, port)), None)
