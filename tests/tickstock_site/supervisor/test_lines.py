"""Bytes to lines, and lines to the log."""

from __future__ import annotations

import io
import threading
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tickstock_site.supervisor.lines import LineSplitter, Prefixer
from tickstock_site.supervisor.logbook import FILE_NAME, Console, Logbook, LogFile

NOON = 1_719_921_600.123  # 2024-07-02 12:00:00.123 UTC


def test_lines_are_put_together_from_pieces() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"one\ntw") == ["one"]
    assert splitter.feed(b"o\r\n\n") == ["two", ""]
    assert splitter.feed(b"rest") == []
    assert splitter.close() == ["rest"]
    assert splitter.close() == []


def test_a_line_without_end_is_passed_on_in_pieces() -> None:
    splitter = LineSplitter(longest=4)
    assert splitter.feed(b"abcdefghij") == ["abcd", "efgh"]
    assert splitter.close() == ["ij"]


def test_what_is_not_utf8_does_no_harm() -> None:
    assert LineSplitter().feed(b"\xff\xfe\n") == ["\ufffd\ufffd"]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_no_byte_is_lost_however_the_stream_is_cut(pieces: list[bytes]) -> None:
    splitter = LineSplitter()
    lines = [line for piece in pieces for line in splitter.feed(piece)] + splitter.close()
    whole = LineSplitter()
    assert lines == whole.feed(b"".join(pieces)) + whole.close()


def test_a_line_begins_with_time_and_name() -> None:
    prefixer = Prefixer(["web", "stream"])
    assert prefixer.line("web", "hello", NOON) == "2024-07-02 12:00:00.123Z web    | hello"


def test_secrets_are_struck_out_and_short_ones_would_hide_too_much() -> None:
    prefixer = Prefixer(["web"], ["hunter22", "", "a"])
    assert prefixer.clean("a hunter22 hunter22") == "a ••• •••"


def test_the_log_goes_to_terminal_and_file(tmp_path: Path) -> None:
    terminal = io.StringIO()
    book = Logbook(Console(terminal), LogFile(tmp_path / "logs", 1, 2))
    for number in range(3):
        book.write(f"line {number} ä")
    book.close()
    assert terminal.getvalue() == "line 0 ä\nline 1 ä\nline 2 ä\n"
    assert (tmp_path / "logs" / FILE_NAME).read_text(encoding="utf-8") == terminal.getvalue()


def test_files_are_rotated_and_the_oldest_go(tmp_path: Path) -> None:
    file = LogFile(tmp_path, megabytes=1, files=2)
    for _ in range(4 * 1024):
        file.write("x" * 1023)
    file.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [FILE_NAME, f"{FILE_NAME}.1", f"{FILE_NAME}.2"]
    assert all(path.stat().st_size <= 1_048_576 for path in tmp_path.iterdir())


class Paused(io.StringIO):
    """A terminal that somebody has paused."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def write(self, text: str) -> int:
        self.go_on.wait(10)
        return super().write(text)


def test_a_paused_terminal_holds_nobody_up_and_is_told_what_it_missed() -> None:
    terminal = Paused()
    console = Console(terminal, bound=10)
    for number in range(1_000):
        console.write(str(number))
    terminal.go_on.set()
    console.close()
    lines = terminal.getvalue().splitlines()
    assert lines[-1] == "999"
    assert any("lines are left out here" in line for line in lines)


class Closed(io.StringIO):
    """A terminal that is gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_terminal_that_is_gone_holds_nobody_up() -> None:
    console = Console(Closed())
    for number in range(100):
        console.write(str(number))
    console.close()
