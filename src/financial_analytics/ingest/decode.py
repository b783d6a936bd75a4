"""Turn any text feed into plain UTF-8 on disk: decompression and transcoding, in a stream."""

from __future__ import annotations

import codecs
import hashlib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import charset_normalizer
import pyarrow as pa

from financial_analytics.errors import FeedError, UserInputError

CHUNK_BYTES = 4 << 20
SAMPLE_BYTES = 1 << 18
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_SIGNS = (
    "\u20ac\u2018\u2019\u201c\u201d\u201e\u2013\u2014\u2026\u2022"
    "\u2122\u00a3\u00a7\u00b0\u00a9\u00ae\u00a0"
)
"""Signs that office programs write in cp1252 where no letter of the file is beyond ASCII."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class PlainText:
    """A text feed as plain UTF-8.

    Attributes
    ----------
    path : Path
        The feed itself when it already was plain UTF-8, else a temporary copy.
    encoding : str
        What the feed was written in.
    guessed : bool
        The encoding is a guess from the bytes, without a byte order mark.
    offset : int
        Bytes before the header (a byte order mark).
    """

    path: Path
    encoding: str
    guessed: bool
    offset: int


def check_encoding(encoding: str | None) -> str | None:
    """Return the canonical name of `encoding`.

    Raises
    ------
    UserInputError
        If Python knows no such encoding.
    """
    if encoding is None:
        return None
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise UserInputError(
            f"unknown encoding {encoding!r}", hint="valid are utf-8, latin-1, cp1252, utf-16 …"
        ) from error


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def to_plain_text(path: Path, encoding: str | None, work_dir: Path) -> PlainText:
    """Decompress and transcode `path` into `work_dir` if it is not plain UTF-8 already.

    Raises
    ------
    FeedError
        If the compressed stream is damaged or ends too early, or the file is empty.
    """
    compression = _compression(path)
    plain = path
    if compression:
        plain = work_dir / "decompressed.txt"
        _decompress(path, compression, plain)
    with plain.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    if not sample.strip():
        raise FeedError(
            "the file is empty", hint="a feed needs a header line; leave the file out if it is late"
        )
    if sample.startswith(b"PAR1"):
        raise FeedError("this is a Parquet file, not text", hint="name it .parquet")
    if sample.startswith(b"PK\x03\x04"):
        raise FeedError("this is a ZIP or Excel file", hint="export it as CSV or Parquet")
    found, guessed = (encoding, False) if encoding else sniff_encoding(sample)
    if found == "utf-8":
        offset = len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0
        return PlainText(plain, found, guessed, offset)
    transcoded = work_dir / "transcoded.txt"
    _transcode(plain, found, transcoded)
    return PlainText(transcoded, found, guessed, 0)


def sniff_encoding(sample: bytes) -> tuple[str, bool]:
    """Return the encoding of `sample` and whether it is a guess.

    UTF-8 unless the bytes speak against it: a byte order mark, the zero bytes of UTF-16, or
    letters that only a single-byte code page explains. A few broken bytes in a UTF-8 feed do
    not make it anything else; their rows go to quarantine.
    """
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name, False
    even, odd = sample[0:4096:2].count(0), sample[1:4096:2].count(0)
    half = max(len(sample[:4096]) // 2, 1)
    if min(even, odd) < 0.1 * half and max(even, odd) > 0.6 * half:
        return ("utf-16-be" if even > odd else "utf-16-le"), True
    body = sample[: sample.rfind(b"\n") + 1] or sample
    good = bad = 0
    suspects: list[bytes] = []
    for line in body.split(b"\n"):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
            suspects.append(line)
    if bad <= good:
        return "utf-8", False
    text = b"\n".join(suspects)
    best = charset_normalizer.from_bytes(
        text, cp_isolation=["cp1252", "cp1250", "latin_1", "latin_2", "cp1251", "cp852", "cp850"]
    ).best()
    candidates = [best.encoding] if best else []
    if best and str(best) == text.decode("cp1252", "replace"):
        candidates = []  # one of several code pages that read alike
    for name in [*candidates, "cp1252"]:
        if _reads_like_words(text, name):
            return codecs.lookup(name).name, True
    return "utf-8", False


def _reads_like_words(text: bytes, encoding: str) -> bool:
    """Tell whether every non-ASCII byte of `text` is a letter beside a letter, or a known sign."""
    try:
        decoded = text.decode(encoding)
    except UnicodeDecodeError:
        return False
    if "\u00ff" in decoded:  # 0xFF: debris far more often than a letter
        return False
    kinds: Counter[bool] = Counter()
    for position, character in enumerate(decoded):
        if character.isascii():
            continue
        beside = decoded[max(position - 1, 0) : position] + decoded[position + 1 : position + 2]
        is_letter = unicodedata.category(character).startswith("L")
        is_sign = encoding == "cp1252" and character in _SIGNS
        is_letter = is_letter and any(c.isascii() and c.isalpha() for c in beside)
        kinds[is_letter or is_sign] += 1
    return kinds[True] > 0 and kinds[False] <= 0.05 * kinds[True]


def _compression(path: Path) -> str | None:
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_GZIP):
        return "gzip"
    if start.startswith(_ZSTD):
        return "zstd"
    if path.suffix.lower() in (".gz", ".gzip", ".zst", ".zstd") and start:
        raise FeedError(
            f"the name says {path.suffix} but the content is not compressed that way",
            hint="the transfer may have been cut or decompressed on the way; send it again",
        )
    return None


def _decompress(path: Path, compression: str, target: Path) -> None:
    try:
        with (
            pa.input_stream(str(path), compression=compression) as stream,
            target.open("wb") as out,
        ):
            while chunk := stream.read(CHUNK_BYTES):
                out.write(chunk)
    except (pa.ArrowException, OSError, EOFError) as error:
        if "No space left" in str(error):
            raise
        raise FeedError(
            f"the {compression} stream is damaged or ends too early ({_first_line(error)})",
            hint="the transfer was probably cut; send the file again, nothing of it was loaded",
        ) from error


def _transcode(source: Path, encoding: str, target: Path) -> None:
    """Write `source` as UTF-8; what the encoding cannot explain becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    with source.open("rb") as file, target.open("wb") as out:
        _copy_decoded(file, decoder, out)


def _copy_decoded(file: BinaryIO, decoder: codecs.IncrementalDecoder, out: BinaryIO) -> None:
    while chunk := file.read(CHUNK_BYTES):
        out.write(decoder.decode(chunk).encode("utf-8", "replace"))
    out.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
