"""Typed readers of settings from the environment; every one refuses what it can not use by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}


class SettingError(ImproperlyConfigured):
    """A setting's value can not be used: names the setting, the value, what is allowed."""

    def __init__(self, name: str, value: str, allowed: str, example: str) -> None:
        self.name, self.value, self.allowed, self.example = name, value, allowed, example
        super().__init__(f"{name}={value!r} is not usable: {allowed}. Example: {name}={example}")


def env_text(name: str, default: str = "") -> str:
    """The variable as text, without surrounding space; `default` where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def env_secret(name: str, default: str = "") -> str:
    """A secret, from `NAME` or from the file that `NAME_FILE` names; never part of an error."""
    path = env_text(f"{name}_FILE")
    if not path:
        return env_text(name, default)
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        allowed = f"a readable file is needed ({error.strerror})"
        raise SettingError(f"{name}_FILE", path, allowed, "/run/secrets/" + name.lower()) from None


def env_bool(name: str, default: bool = False) -> bool:
    """A yes or no: 1/true/yes/on or 0/false/no/off."""
    word = env_text(name, "1" if default else "0").lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise SettingError(name, word, "1, true, yes, on, 0, false, no or off", "1")


def env_int(name: str, default: int, low: int, high: int) -> int:
    """A whole number in [low, high]."""
    text = env_text(name, str(default))
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise SettingError(name, text, f"a whole number from {low} to {high}", str(default))
    return number


def env_float(name: str, default: float, low: float, high: float) -> float:
    """A number in [low, high]."""
    text = env_text(name, str(default))
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise SettingError(name, text, f"a number from {low} to {high}", str(default))
    return number


def env_choice(name: str, default: str, choices: Sequence[str]) -> str:
    """One of `choices`."""
    text = env_text(name, default)
    if text not in choices:
        raise SettingError(name, text, "one of " + ", ".join(choices), choices[0])
    return text


def env_list(name: str, default: Sequence[str] = ()) -> list[str]:
    """Comma-separated words."""
    text = env_text(name)
    return [word.strip() for word in text.split(",") if word.strip()] if text else list(default)
