"""Where text comes from: documents, and by what to recognise them again."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, TextIO


class Corpus(Protocol):
    """Documents that are tokenized together.

    Attributes:
        name: tells it from others, whatever is in it.
        fingerprint: changes when its content does.
        num_bytes: its size, about.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def fingerprint(self) -> str: ...  # noqa: D102

    @property
    def num_bytes(self) -> int: ...  # noqa: D102

    def documents(self) -> Iterator[str]:
        """Every document, none empty, always in the same order."""


@dataclass(frozen=True)
class FileCorpus:
    """UTF-8 text files: each one document, or several with a separator between them.

    Args:
        path: a file; or a folder, whose files that match `pattern`, also in its folders, are taken
            in the order of their paths.
        pattern: of the names of files in a folder.
        separator: a line that stands between two documents of a file, which are then freed of
            white space around them; None: a file is one document, as it is.

    Raises:
        FileNotFoundError: if there is no such file, or none in the folder.
    """

    path: Path
    pattern: str = "*.txt"
    separator: str | None = None

    def __post_init__(self) -> None:
        if not self.path.exists():
            raise FileNotFoundError(
                f"{self.path} does not exist; give a text file, or a folder of text files"
            )
        if not self.files:
            raise FileNotFoundError(
                f"{self.path} holds no file named {self.pattern}; change pattern, or give a folder "
                "that holds text files"
            )

    @cached_property
    def files(self) -> list[Path]:
        """The files, in order."""
        if not self.path.is_dir():
            return [self.path]
        found = self.path.rglob(self.pattern)
        return sorted(file for file in found if file.is_file() and not file.name.startswith("."))

    @property
    def name(self) -> str:
        """The place, and how it is read."""
        pattern = self.pattern if self.path.is_dir() else None
        return json.dumps([str(self.path.resolve()), pattern, self.separator])

    @property
    def fingerprint(self) -> str:
        """A digest of the files' names, sizes and times of change."""
        stats = [(str(file.relative_to(self.path)), file.stat()) for file in self.files]
        told = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    @property
    def num_bytes(self) -> int:
        """Size of all files."""
        return sum(file.stat().st_size for file in self.files)

    def documents(self) -> Iterator[str]:
        """The documents, file by file; those of white space alone are left out.

        Raises:
            ValueError: if a file is not UTF-8.
        """
        for path in self.files:
            yield from filter(str.strip, self._read(path))

    def _read(self, path: Path) -> Iterator[str]:
        try:
            with path.open(encoding="utf-8-sig") as file:
                yield from self._split(file)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path} is not UTF-8 text ({error.reason}); convert it, or leave it out"
            ) from error

    def _split(self, file: TextIO) -> Iterator[str]:
        if self.separator is None:
            yield file.read()
            return
        separator = self.separator.strip()
        lines: list[str] = []
        for line in file:
            if line.strip() == separator:
                yield "".join(lines).strip()
                lines.clear()
            else:
                lines.append(line)
        yield "".join(lines).strip()
