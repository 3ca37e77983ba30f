"""The providers of history by name. A new one is a module with a factory, and one line here."""

from __future__ import annotations

import difflib
from importlib import import_module

from django.conf import settings

from admin_processing.providers.base import Provider, ProviderRefused

# Modules are imported when asked for: a web process needs neither httpx nor pyarrow.
MAKERS: dict[str, str] = {
    "massive": "admin_processing.providers.massive.provider",
    "flatfiles": "admin_processing.providers.flatfiles",
    "folder": "admin_processing.providers.folder",
    "synthetic": "admin_processing.providers.synthetic",
}


def configured_name() -> str:
    """What DAILY_SOURCE names; without it `massive` where there is a key, else `synthetic`."""
    if settings.DAILY_SOURCE:
        return str(settings.DAILY_SOURCE)
    real = settings.MASSIVE_API_KEY and not settings.USE_SYNTHETIC_DATA
    return "massive" if real else "synthetic"


def provider(name: str = "") -> Provider:
    """The provider of that name, the configured one for an empty name, made from the settings.

    Raises ProviderRefused for an unknown name, or where a setting that it needs is missing.
    """
    wanted = name or configured_name()
    module = MAKERS.get(wanted)
    if module is None:
        near = difflib.get_close_matches(wanted, MAKERS, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ProviderRefused(
            f"Unknown source of history {wanted[:40]!r}.{hint} Choose one of: {', '.join(MAKERS)}."
        )
    made: Provider = import_module(module).make()
    return made
