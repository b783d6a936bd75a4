"""Hooks of MkDocs: documents of the root are pages too, and a link to a file leads to its text.

On GitHub a link of a document leads to the file it names. A site in a folder has no such files, so
each one that a page names becomes a page of its own under `code/`.
"""

from __future__ import annotations

import os
import posixpath
import re
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
DOCS = "docs"
ROOT_PAGES = ("README.md", "DECISIONS.md", "CHANGELOG.md", "CONTRIBUTING.md")
LANGUAGES = {".py": "python", ".sql": "sql", ".yml": "yaml"}
SHIM = "https://unpkg.com/iframe-worker/shim"
"""What the theme loads, so that search works from a folder; the site has a copy of its own."""
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)]*)?\)")
_FENCE = re.compile(r"(^```.*?^```$)", re.M | re.S)
_LIST = re.compile(r"^(?!- |\s|\||$)(.+)\n(?=- )", re.M)
_NOTE = re.compile(r"^Written by `make \w+`; do not edit\.\s*", re.M)
"""For whoever edits the document, which the site is not for."""
_CHART = re.compile(r"^- \*\*Chart\*\* `(\w+)\.(\w+)`", re.M)


def _page_of(path: str) -> str:
    """Return the page, from the folder of pages, that shows a file of the repository."""
    if path in ROOT_PAGES:
        return path.lower()
    if path.startswith(f"{DOCS}/") and not path.endswith((".py", ".yml")):
        return path.removeprefix(f"{DOCS}/")
    return f"code/{path}.md"


def _origin(page: str) -> str:
    """Return the file of the repository that a page was made from."""
    by_page = {name.lower(): name for name in ROOT_PAGES}
    return by_page.get(page, f"{DOCS}/{page}")


def _linked(text: str, origin: str) -> set[str]:
    folder = posixpath.dirname(origin)
    return {posixpath.normpath(posixpath.join(folder, link)) for link, _ in _LINK.findall(text)}


def _translated(match: re.Match[str], origin: str, page: str) -> str:
    path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), match[1]))
    link = posixpath.relpath(_page_of(path), posixpath.dirname(page) or ".")
    return f"]({link}{match[2] or ''})"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents of the root, and every file that a document links to."""
    for name in ROOT_PAGES:
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, name.lower(), content=text))
    wanted: set[str] = set()
    for file in files.documentation_pages():
        wanted |= _linked(file.content_string, _origin(file.src_uri))
    for path in sorted(wanted):
        page = _page_of(path)
        if page.startswith("code/") and (ROOT / path).is_file():
            text = (ROOT / path).read_text(encoding="utf-8")
            language = LANGUAGES.get(PurePosixPath(path).suffix, "text")
            content = (
                f"---\nsearch:\n  exclude: true\n---\n# {PurePosixPath(path).name}\n\n"
                f"`{path}`\n\n`````{language}\n{text.rstrip()}\n`````\n"
            )
            files.append(File.generated(config, page, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to pages of the site, and models to their charts where reports are beside it."""
    name = page.file.src_uri
    if name.startswith("code/"):
        return markdown
    translate = partial(_translated, origin=_origin(name), page=name)
    parts = _FENCE.split(_NOTE.sub("", markdown))
    # GitHub begins a list right below a paragraph; Python-Markdown wants an empty line.
    parts[::2] = [_LIST.sub(r"\1\n\n", _LINK.sub(translate, part)) for part in parts[::2]]
    text = "".join(parts)
    if name.startswith("models/"):
        text = _with_charts(text, Path(config.site_dir), page)
    return text


def _with_charts(text: str, site: Path, page: Page) -> str:
    """Link each chart of a model to its card in the report, if `fa report` wrote that."""

    def linked(match: re.Match[str]) -> str:
        found = sorted(site.parent.glob(f"*_{match[1]}_analytics/index.html"))
        if not found:
            return match[0]
        here = (site / page.file.dest_uri).parent
        link = Path(os.path.relpath(found[0], here)).as_posix()
        href = f"{link}#{match[1]}-{match[2]}"
        return f'- **Chart** <a href="{href}"><code>{match[1]}.{match[2]}</code></a>'

    return _CHART.sub(linked, text)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Load everything from the site itself."""
    up = posixpath.relpath(".", posixpath.dirname(page.file.dest_uri) or ".")
    return output.replace(SHIM, f"{up}/assets/iframe-worker.js")


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """Load everything from the site itself, on the page of what is not there, too."""
    return output_content.replace(SHIM, "assets/iframe-worker.js")
