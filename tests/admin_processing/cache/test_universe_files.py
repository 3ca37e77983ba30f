"""Universes from CSV files."""

from __future__ import annotations

from pathlib import Path

import pytest

from admin_processing.cache.universe_files import files_of, read
from admin_processing.providers.base import UnitFailed


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_without_a_key_is_named_by_its_name(tmp_path):
    row = read(written(tmp_path, "energy__small.csv", "Symbol,Note\nXOM,big\nAPA,\n"))
    assert (row.key, row.name, list(row.symbols)) == (
        "energy:small",
        "energy:small",
        ["XOM", "APA"],
    )


def test_a_file_may_hold_its_key_name_and_ranks(tmp_path):
    text = "rank,symbol,universe,universe_name\n2,MSFT,my:own,Mine\n1,AAPL,my:own,Mine\n"
    row = read(written(tmp_path, "x.csv", "\ufeff" + text))
    assert (row.key, row.name, list(row.symbols)) == ("my:own", "Mine", ["AAPL", "MSFT"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x.csv holds no symbols"),
        ("name\nApple\n", "row 1: symbol ''"),
        ("symbol\nAAPL\n" + "A" * 25 + "\n", "row 2: symbol 'AAAAAAAAAAAAAAAAAAAAAAAAA'"),
        ("symbol,rank\nAAPL,first\n", "row 1: rank 'first' is no whole number"),
        ("symbol,universe\nAAPL,a\nMSFT,b\n", "`universe` has a, b"),
    ],
)
def test_a_file_that_can_not_be_understood_says_where(tmp_path, text, said):
    with pytest.raises(UnitFailed, match=said):
        read(written(tmp_path, "x.csv", text))


def test_a_folder_that_is_none_is_refused_by_name(tmp_path):
    with pytest.raises(UnitFailed, match=r"UNIVERSES_FOLDER=.*missing is no folder"):
        files_of(str(tmp_path / "missing"))
    assert files_of("") == []
