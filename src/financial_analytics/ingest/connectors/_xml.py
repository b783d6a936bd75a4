"""XML of strangers: elements by their local name, and nothing that a document type could bring."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from financial_analytics.errors import FeedError

MARKUP = "\x1f"


def read_xml(data: bytes) -> tuple[Element, str]:
    """Return the root element and its namespace; tags are local names, comments are gone.

    A document type declaration is refused before anything in it counts, so there are no entities,
    internal or external, and nothing outside the file is ever read.

    Raises
    ------
    FeedError
        If the text is not well-formed, or declares a document type.
    """
    builder = TreeBuilder()
    namespaces: list[str] = []
    parser = expat.ParserCreate(namespace_separator=MARKUP)
    parser.buffer_text = True

    def start(tag: str, attributes: dict[str, str]) -> None:
        namespace, _, local = tag.rpartition(MARKUP)
        if not namespaces:
            namespaces.append(namespace)
        plain = {name.rpartition(MARKUP)[2]: value for name, value in attributes.items()}
        builder.start(local, plain)

    def end(tag: str) -> None:
        builder.end(tag.rpartition(MARKUP)[2])

    def refuse(*_: object) -> None:
        raise FeedError(
            "the file declares a document type (DOCTYPE), which bank files do not have",
            hint="take the line out if you know where the file is from; nothing in it is followed",
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise FeedError(
            f"the file is no well-formed XML (line {error.lineno}:"
            f" {expat.errors.messages[error.code]})",
            hint="it may be cut; fetch it again from the bank",
        ) from None
    return builder.close(), namespaces[0]


def text_at(element: Element | None, path: str) -> str | None:
    """Return the text of the first element at a path, None where it is missing or blank."""
    if element is None:
        return None
    found = element.findtext(path)
    return found.strip() or None if found else None


def all_texts(element: Element, path: str) -> Iterator[str]:
    """Yield the texts of all elements at a path."""
    for each in element.iterfind(path):
        if each.text and each.text.strip():
            yield each.text.strip()
