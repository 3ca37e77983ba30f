"""The project's own processes, started as an operator would, and a signed-in user for them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.stage import PROJECT

NAME, PASSWORD = "benchmark", "only-for-the-benchmark-7"
START_SECS, STOP_SECS = 60.0, 20.0


@contextlib.contextmanager
def process(kind: str, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """One process of the given kind; it is asked to stop afterwards, and then made to."""
    environment = {**os.environ, **settings, "TICKSTOCK_PROCESS": kind}
    started = subprocess.Popen(
        [sys.executable, *arguments], cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(STOP_SECS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextlib.contextmanager
def web(**settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Daphne, once it answers, and its address."""
    port = free_port()
    arguments = ("-m", "daphne", "-p", str(port), "-v", "0", "tickstock_site.asgi:application")
    with process("web", *arguments, **settings) as started:
        url = f"http://127.0.0.1:{port}"
        _await(f"{url}/health", started)
        yield started, url


def free_port() -> int:
    """A TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(url: str, started: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECS
    while started.poll() is None and time.monotonic() < until:
        with contextlib.suppress(URLError, OSError), urlopen(url, timeout=5):
            return
        time.sleep(0.05)
    raise SystemExit(f"the web process did not answer at {url}")


def make_user() -> Mapping[str, str]:
    """Headers of a signed-in user; called where Django runs as `web`."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    user = User.objects.filter(username=NAME).first()
    user = user or User.objects.create_superuser(NAME, "benchmark@example.com", PASSWORD)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}


def await_prices(url: str, headers: Mapping[str, str]) -> None:
    """Wait until the stream's prices have reached the web."""
    from websockets.sync.client import connect

    address = url.replace("http", "ws") + "/ws/streaming/"
    until = time.monotonic() + START_SECS
    with connect(address, additional_headers=headers, origin=url, max_size=None) as socket:
        while time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                if '"type":"prices"' in str(socket.recv(timeout=1)):
                    return
    raise SystemExit("no price has reached the web")
