"""A page as a browser reads it: its elements, words, links and anchors."""

from __future__ import annotations

from functools import cached_property

from lxml import html


class Page:
    """A page that was read."""

    def __init__(self, markup: str) -> None:
        tree = html.document_fromstring(markup)
        self.elements = [
            (str(one.tag), dict(one.attrib)) for one in tree.iter() if isinstance(one.tag, str)
        ]
        self.text = "".join(tree.itertext())

    @cached_property
    def links(self) -> list[str]:
        """Where its links lead, in reading order."""
        return [at["href"] for tag, at in self.elements if tag == "a"]

    @cached_property
    def ids(self) -> list[str]:
        """Its anchors, in reading order."""
        return [at["id"] for _, at in self.elements if "id" in at]

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """The attributes of every element with a name and attributes like those wanted."""
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key) == value for key, value in wanted.items())
        ]

    def rows(self) -> list[str]:
        """What a list of its shows, by id."""
        return [at["data-id"] for tag, at in self.elements if tag == "li" and "data-id" in at]
