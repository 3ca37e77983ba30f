"""The sources of ticks by name. A new one is a module with a factory, and one line here."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib import import_module

from streaming.feeds.base import Feed, FeedConfigError
from streaming.feeds.options import FeedOptions

# Modules are imported when asked for: a web process needs neither websockets nor pyarrow.
SOURCES: dict[str, str] = {
    "massive": "streaming.feeds.massive.feed",
    "replay": "streaming.feeds.replay.feed",
    "synthetic": "streaming.feeds.synthetic.feed",
}


def make_feed(source: str, options: FeedOptions) -> Feed:
    """The feed named `source`, ready to run; raises FeedConfigError if it can not run as asked."""
    module = SOURCES.get(source)
    if module is None:
        close = difflib.get_close_matches(source, SOURCES, 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise FeedConfigError(
            f"Unknown source {source!r}.{hint} Choose one of: {', '.join(SOURCES)}."
        )
    factory: Callable[[FeedOptions], Feed] = import_module(module).make
    return factory(options)
