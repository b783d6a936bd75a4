"""File names as the embedded engine takes them: it reads some as patterns, others as addresses.

``products[1].csv`` is every file that this pattern fits, ``s3:x.csv`` a place on the network. A
name that could be either is handed over under another one.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from financial_analytics.errors import EngineError

_PLAIN = re.compile(r"[\w./ -]+")
_PLAIN_SUFFIXES = re.compile(r"(\.[A-Za-z0-9]+)*")


def is_plain(path: Path) -> bool:
    """Tell whether the engine takes the name of a path as nothing but a name."""
    return bool(_PLAIN.fullmatch(str(path)))


def plain_path(path: Path, folder: Path) -> Path:
    """Return a path whose name the engine takes as it is and that leads to the same file.

    Parameters
    ----------
    path : Path
        A file, whatever its name.
    folder : Path
        Where a link may be put; of `plain_folder`.
    """
    whole = path.absolute()
    if is_plain(whole):
        return whole
    suffixes = "".join(path.suffixes[-2:])
    link = folder / f"feed{suffixes if _PLAIN_SUFFIXES.fullmatch(suffixes) else path.suffix}"
    if not is_plain(link):
        link = folder / "feed"
    link.unlink(missing_ok=True)
    link.symlink_to(whole)
    return link


@contextmanager
def plain_folder(folder: Path) -> Iterator[Path]:
    """Give a path of `folder` whose name the engine takes as it is.

    Raises
    ------
    EngineError
        If neither the folder nor the system's temporary one has such a name.
    """
    if is_plain(folder):
        yield folder
        return
    if not is_plain(Path(tempfile.gettempdir())):
        raise EngineError(
            f"the engine cannot name files in {folder}",
            hint="set FA_DATA_DIR or TMPDIR to a folder of letters, digits, dots and dashes",
        )
    with tempfile.TemporaryDirectory(prefix="fa-") as place:
        alias = Path(place) / "work"
        alias.symlink_to(folder.absolute(), target_is_directory=True)
        yield alias
