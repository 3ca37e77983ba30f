"""Moves bytes: requests with the key, at the shared rate, tried again where that can help.

A request is a generator that yields whenever it has to wait, so that a worker whose run was
cancelled does not sit out the wait; `at_once` is for those who just want the answer.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import httpx

from admin_processing.providers.base import ProviderRefused, UnitFailed
from admin_processing.providers.massive.parsing import BrokenAnswer, Page, complaint
from admin_processing.providers.massive.retry import (
    REFUSALS,
    TOO_MANY,
    RetryRules,
    is_worth_it,
)

logger = logging.getLogger(__name__)
T = TypeVar("T")
Waiting = Generator[None, None, T]
"""Yields while it waits, returns the answer."""
NAP_SECS = 0.5
MOST_PAGES = 10_000


class Limit(Protocol):
    """Who says when the next request may be made."""

    def take(self) -> float:
        """Take a turn; seconds until it comes."""

    def hold(self, secs: float) -> None:
        """No turns for so long."""


class TryAgain(Exception):
    """A request failed for a reason that may pass; `secs`: wait at least so long."""

    def __init__(self, reason: str, secs: float = 0.0) -> None:
        super().__init__(reason)
        self.secs = secs


@dataclass
class MassiveClient:
    """Requests to one address with one key.

    timeout_secs: how long the server may be silent. answer_secs: how long an answer may take that
    comes drop by drop. rng: of the pauses between tries.
    """

    base_url: str
    api_key: str = field(repr=False)
    limit: Limit
    timeout_secs: float = 10.0
    answer_secs: float = 120.0
    rules: RetryRules = field(default_factory=RetryRules)
    rng: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        try:
            headers = {"Authorization": f"Bearer {self.api_key}"}
            self._http = httpx.Client(headers=headers, timeout=self.timeout_secs)
        except UnicodeEncodeError:
            raise ProviderRefused(
                "MASSIVE_API_KEY has letters that no key has. Copy it again from your account."
            ) from None

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def get(self, path: str, parse: Callable[[bytes], T]) -> Waiting[T]:
        """One answer, parsed; `path` is below the base address, query included.

        A parser's BrokenAnswer counts as a failed try. Raises ProviderRefused and UnitFailed.
        """
        url = self._address(path)
        failures = 0
        while True:
            try:
                yield from wait(self.limit.take())
                return self._try(url, parse)
            except TryAgain as again:
                failures += 1
                if failures >= self.rules.tries:
                    raise UnitFailed(
                        f"{_shown(url)}: {again}, {failures} times in a row; it may work later"
                    ) from None
                logger.info("%s: %s; trying again", _shown(url), again)
                yield from wait(max(again.secs, self.rules.pause(failures, self.rng)))

    def pages(self, path: str, parse: Callable[[bytes], Page[T]]) -> Iterator[T | None]:
        """The pages of an answer, each parsed; None now and then while it waits."""
        seen = set()
        for _ in range(MOST_PAGES):
            page = yield from self.get(path, parse)
            yield page.rows
            if not page.next_url:
                return
            if page.next_url in seen:
                raise UnitFailed(f"{_shown(path)}: the pages go round in a circle")
            seen.add(path := page.next_url)
        raise UnitFailed(f"{_shown(path)}: more than {MOST_PAGES} pages")

    def _address(self, path: str) -> httpx.URL:
        """The whole address; that of a next page must be where the key is meant for."""
        try:
            base = httpx.URL(self.base_url.rstrip("/") + "/")
            url = base.join(path if "://" in path else path.lstrip("/"))
        except (httpx.InvalidURL, ValueError):
            raise UnitFailed(f"{_shown(path)!r} is no address below {self.base_url!r}") from None
        if _place(url) != _place(base):
            raise UnitFailed(
                f"the next page is at {url.host[:100]!r}, not at {base.host!r} as "
                "MASSIVE_REST_URL says: the key is not sent there"
            )
        return url

    def _try(self, url: httpx.URL, parse: Callable[[bytes], T]) -> T:
        try:
            answer, body = self._answer(url)
        except httpx.UnsupportedProtocol:
            raise ProviderRefused(
                f"MASSIVE_REST_URL={self.base_url!r} is no address; https://… is needed"
            ) from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise TryAgain(f"no answer ({type(error).__name__})") from None
        if answer.status_code != httpx.codes.OK:
            self._failed(url, answer, body)
        try:
            return parse(body)
        except BrokenAnswer as error:
            raise TryAgain(str(error)) from None

    def _answer(self, url: httpx.URL) -> tuple[httpx.Response, bytes]:
        end, parts = time.monotonic() + self.answer_secs, []
        with self._http.stream("GET", url) as answer:
            for part in answer.iter_bytes():
                parts.append(part)
                if time.monotonic() > end:
                    raise TryAgain(f"the answer takes longer than {self.answer_secs:g} s")
        return answer, b"".join(parts)

    def _failed(self, url: httpx.URL, answer: httpx.Response, body: bytes) -> None:
        status = answer.status_code
        words = f"{status} {complaint(body)}".replace(self.api_key or "\0", "…").strip()
        if status in REFUSALS:
            raise ProviderRefused(f"{_shown(url)}: {words}. Check MASSIVE_API_KEY and its plan.")
        if not is_worth_it(status):
            raise UnitFailed(f"{_shown(url)}: {words}")
        secs = self.rules.asked_for(answer.headers.get("Retry-After"), datetime.now(UTC))
        if status == TOO_MANY:
            secs = secs or self.rules.too_many_secs
            self.limit.hold(secs)
        raise TryAgain(words, secs)


def at_once(waiting: Waiting[T]) -> T:
    """The answer, waited for."""
    while True:
        try:
            next(waiting)
        except StopIteration as done:
            answer: T = done.value
            return answer


def wait(secs: float) -> Iterator[None]:
    """Sleep so long, yielding in between."""
    end = time.monotonic() + secs
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, NAP_SECS))
        yield


def _place(url: httpx.URL) -> tuple[str, str, int | None, bytes]:
    """Whom a request to this address talks to."""
    return url.scheme, url.host, url.port, url.userinfo


def _shown(url: httpx.URL | str) -> str:
    """An address for people: its path, which has no secrets."""
    path = str(url).partition("?")[0]
    return path.partition("://")[2].partition("/")[2][:200] if "://" in path else path[:200]
