"""Typed readers of the environment: what is taken, and what a refusal says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tickstock_site.env import (
    SettingError,
    env_bool,
    env_choice,
    env_float,
    env_int,
    env_list,
    env_secret,
    env_text,
)

Patch = pytest.MonkeyPatch


@pytest.mark.parametrize("word", ["1", "true", "YES", "on "])
def test_yes_has_many_words(monkeypatch: Patch, word: str) -> None:
    monkeypatch.setenv("A_SETTING", word)
    assert env_bool("A_SETTING")


@pytest.mark.parametrize("word", ["0", "False", "no", "off", ""])
def test_no_has_many_words(monkeypatch: Patch, word: str) -> None:
    monkeypatch.setenv("A_SETTING", word)
    assert not env_bool("A_SETTING")


def test_unset_settings_have_their_defaults(monkeypatch: Patch) -> None:
    monkeypatch.delenv("A_SETTING", raising=False)
    assert env_text("A_SETTING", "x") == "x"
    assert env_int("A_SETTING", 3, 0, 9) == 3
    assert env_float("A_SETTING", 0.5, 0, 1) == 0.5
    assert env_bool("A_SETTING", True)
    assert env_list("A_SETTING", ["a"]) == ["a"]
    assert env_choice("A_SETTING", "b", ["a", "b"]) == "b"
    assert env_secret("A_SETTING") == ""


def test_numbers_and_lists_are_read(monkeypatch: Patch) -> None:
    monkeypatch.setenv("A_SETTING", " 7 ")
    assert (env_int("A_SETTING", 3, 0, 9), env_float("A_SETTING", 0.5, 0, 9)) == (7, 7.0)
    monkeypatch.setenv("A_SETTING", "a, b,,c ")
    assert env_list("A_SETTING") == ["a", "b", "c"]


@pytest.mark.parametrize("text", ["ten", "10", "-1", "1.5"])
def test_a_bad_number_is_refused_by_name_with_bounds_and_an_example(
    monkeypatch: Patch, text: str
) -> None:
    monkeypatch.setenv("A_SETTING", text)
    with pytest.raises(SettingError) as caught:
        env_int("A_SETTING", 3, 0, 9)
    assert str(caught.value) == (
        f"A_SETTING={text!r} is not usable: a whole number from 0 to 9. Example: A_SETTING=3"
    )


@pytest.mark.parametrize("text", ["fast", "nan", "inf", "2"])
def test_a_bad_decimal_is_refused(monkeypatch: Patch, text: str) -> None:
    monkeypatch.setenv("A_SETTING", text)
    with pytest.raises(SettingError, match="a number from 0 to 1"):
        env_float("A_SETTING", 0.5, 0, 1)


def test_an_unknown_word_is_refused_with_those_allowed(monkeypatch: Patch) -> None:
    monkeypatch.setenv("A_SETTING", "maybe")
    with pytest.raises(SettingError, match="1, true, yes"):
        env_bool("A_SETTING")
    with pytest.raises(SettingError, match="one of a, b"):
        env_choice("A_SETTING", "a", ["a", "b"])


def test_a_secret_comes_from_a_file(monkeypatch: Patch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    monkeypatch.setenv("A_SETTING_FILE", str(file))
    assert env_secret("A_SETTING") == "s3cret"
    monkeypatch.setenv("A_SETTING_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingError, match=r"A_SETTING_FILE=.*a readable file is needed"):
        env_secret("A_SETTING")
