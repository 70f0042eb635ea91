"""A text that is on every machine: the language reference that Python's own `help` shows."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pydoc_data.topics import topics


class PythonTopics:
    """The pages of `pydoc_data.topics`, about 0.5 MB of English on Python.

    They come with the interpreter (licence of the Python Software Foundation) and differ a little
    between its versions, so that results on them are for comparison on one machine.
    """

    name = "the language reference of this Python"

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the content."""
        return hashlib.sha256("".join(self.documents()).encode()).hexdigest()

    @cached_property
    def num_bytes(self) -> int:
        """Size of all pages."""
        return sum(len(page.encode()) for page in self.documents())

    def documents(self) -> Iterator[str]:
        """The pages, in the order of their names."""
        for name in sorted(topics):
            yield topics[name]
