"""How the files of a table are to be read, as a mapping says it; what is not said is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.decode import check_encoding
from financial_analytics.ingest.header import check_delimiter

FILE_OPTIONS = ("skip_lines", "delimiter", "encoding", "short_lines")
PADDED, REFUSED = "padded", "refused"
SHORT_LINES = (PADDED, REFUSED)
"""Lines with fewer values than the header has names: the rest is empty, or the line is no row."""


@dataclass(frozen=True)
class FileForm:
    """How text files are to be read; None is found from the content.

    Attributes
    ----------
    skip_lines : int, optional
        Lines above the header.
    delimiter, encoding : str, optional
        As the options of ``fa ingest``, which win.
    short_lines : str, optional
        One of `SHORT_LINES`.
    """

    skip_lines: int | None = None
    delimiter: str | None = None
    encoding: str | None = None
    short_lines: str | None = None

    def over(self, wider: FileForm) -> FileForm:
        """Return this form, with what `wider` says where this one says nothing."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(wider, **{name: value for name, value in own.items() if value is not None})


FOUND = FileForm()
"""Everything is found from the content."""


def file_form(entry: Mapping[str, Any], here: str) -> FileForm:
    """Return what an entry of a mapping says of the files.

    Raises
    ------
    UserInputError
        If a value is not valid.
    """
    skip = entry.get("skip_lines")
    if skip is not None and (type(skip) is not int or skip < 0):
        raise UserInputError(
            f"the mapping of {here} has skip_lines {skip!r}",
            hint="it is the number of lines above the header: 0 if there are none",
        )
    short = entry.get("short_lines")
    if short is not None and short not in SHORT_LINES:
        raise UserInputError(
            f"the mapping of {here} has short_lines {short!r}",
            hint=f"valid are {', '.join(SHORT_LINES)}",
        )
    delimiter = check_delimiter(entry.get("delimiter"))
    return FileForm(skip, delimiter, check_encoding(entry.get("encoding")), short)
