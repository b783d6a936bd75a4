"""Every locked package of the runtime may be used and passed on without a duty to publish."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
_PERMISSIVE = (
    "mit", "mit-cmu", "bsd", "0bsd", "apache", "isc", "psf", "python software foundation", "zlib",
    "cc0", "unlicense", "hpnd",
)  # fmt: skip
_BY_FILE = ("mpl", "mozilla public license")
"""Not permissive, but a duty for changed files of the package alone, which nobody changes here."""
_CHOICE = {"text-unidecode": "Artistic License"}
"""Packages under a choice of licences, one of which is permissive: that one is taken."""


def locked(text: str) -> list[str]:
    """Return the names of the packages in a lock file."""
    return sorted(set(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", text, re.MULTILINE)))


def licences(package: metadata.PackageMetadata) -> list[str]:
    """Return what a package says: the expression, else the classifiers, else the free text."""
    if expressions := package.get_all("License-Expression"):
        return [str(expression) for expression in expressions]
    prefix = "License :: OSI Approved :: "
    classifiers = package.get_all("Classifier") or []
    said = [text.removeprefix(prefix) for text in classifiers if text.startswith(prefix)]
    return said or [text.splitlines()[0] for text in package.get_all("License") or [] if text]


def is_allowed(licence: str) -> bool:
    """Tell whether every part of a licence (one of an `OR`) is on the lists above."""
    return any(
        all(_is_listed(part) for part in re.split(r"\bAND\b", choice))
        for choice in re.split(r"\bOR\b", licence)
    )


def _is_listed(part: str) -> bool:
    plain = part.strip(" ()").lower().removeprefix("license :: osi approved :: ")
    return any(re.search(rf"(?:^|[^a-z]){name}(?:$|[^a-z])", plain) for name in
               (*_PERMISSIVE, *_BY_FILE))  # fmt: skip


def test_licences__of_every_locked_package_are_permissive() -> None:
    names = locked((ROOT / "requirements.lock").read_text())
    assert len(names) > 50
    found = {}
    for name in names:
        try:
            found[name] = licences(metadata.metadata(name))
        except metadata.PackageNotFoundError:
            continue  # locked for another system or Python
    assert len(found) > 50
    refused = {
        name: said
        for name, said in found.items()
        if not said or not all(is_allowed(one) for one in said)
    }
    assert refused.keys() == _CHOICE.keys(), refused
    for name, taken in _CHOICE.items():
        assert taken in refused[name]


@pytest.mark.parametrize(
    "licence",
    ["GPL-3.0-only", "AGPL-3.0", "LGPL-2.1", "MIT AND GPL-2.0-only", "Proprietary",
     "GNU General Public License v2 or later (GPLv2+)", "Submit to us", "SSPL-1.0"],
)  # fmt: skip
def test_licences__that_bind_are_told(licence: str) -> None:
    assert not is_allowed(licence)


def test_dbt__sends_no_statistics_of_use() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    assert project["flags"]["send_anonymous_usage_stats"] is False
