"""Keeps the README's answers: what the index of a demo says, question by question.

After a change of a model, a chart or the synthetic bank: ``make demo``, ``python docs/answers.py``,
``make docs``. The README quotes `docs/answers.yml` word by word.
"""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
INDEX = ROOT / "visualizations" / "outputs" / "index.html"
ANSWERS = ROOT / "docs" / "answers.yml"
_SECTION = re.compile(r'<h2[^>]*>(.*?)</h2>.*?<p class="answer">(.*?)</p>', re.S)


def answers(page: str) -> dict[str, str]:
    """Return question and answer of each section of an index page."""
    return {_plain(question): _plain(answer) for question, answer in _SECTION.findall(page)}


def _plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())


def main() -> int:
    """Write `docs/answers.yml` from the index page of the reports."""
    if not INDEX.exists():
        sys.exit(f"error: {INDEX} does not exist: make demo")
    found = answers(INDEX.read_text(encoding="utf-8"))
    head = "# What the index of `make demo` says: python docs/answers.py\n"
    text = yaml.safe_dump(found, allow_unicode=True, sort_keys=False, width=120)
    ANSWERS.write_text(head + text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
