"""Opening tapes: compression and kind are told by a file's first bytes, not by its name."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import zstandard

from streaming.feeds.base import FeedConfigError

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
HEAD_BYTES = 65_536

UNREADABLE = (OSError, EOFError, zlib.error, zstandard.ZstdError, pa.ArrowInvalid)


def open_tape_file(path: Path) -> BinaryIO:
    """The file's bytes, decompressed as they are read."""
    raw = path.open("rb")
    magic = raw.read(4)
    raw.seek(0)
    if magic.startswith(GZIP):
        raw.close()
        return cast(BinaryIO, gzip.open(path, "rb"))
    if magic == ZSTD:
        return zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    return raw


def seekable(path: Path) -> BinaryIO:
    """The same, seekable: a compressed file is unpacked into a temporary one."""
    with path.open("rb") as raw:
        magic = raw.read(4)
    if not (magic.startswith(GZIP) or magic == ZSTD):
        return path.open("rb")
    unpacked = tempfile.TemporaryFile(prefix="tickstock-tape-")  # noqa: SIM115 -- the caller closes it
    with open_tape_file(path) as source:
        while piece := source.read(1 << 20):
            unpacked.write(piece)
    unpacked.seek(0)
    return unpacked


def head(path: Path) -> bytes:
    """The first bytes of a tape, decompressed; raises FeedConfigError where there are none."""
    if not path.exists():
        raise FeedConfigError(f"The tape {path} does not exist. Name a file that does: --tape FILE")
    if not path.is_file():
        raise FeedConfigError(f"The tape {path} is not a file. Name each file: --tape A --tape B")
    try:
        with open_tape_file(path) as file:
            first = file.read(HEAD_BYTES)
    except UNREADABLE as error:
        raise FeedConfigError(
            f"The tape {path} can not be read: {error}. Copy it again, or unpack it by hand."
        ) from error
    if not first.strip():
        raise FeedConfigError(f"The tape {path} is empty. Record it again, or name another.")
    return first
