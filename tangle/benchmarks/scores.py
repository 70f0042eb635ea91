"""Numbers of a CSV file, by what identifies its rows."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from tangle.core import Candidate, SearchSpace

Scores = Mapping[tuple[str, ...], Mapping[str, float]]
"""Text of the key columns -> number of each column of numbers."""


def read_scores(path: str | Path, keys: Sequence[str], numbers: Sequence[str]) -> Scores:
    """Return the numbers of a CSV file with a header.

    Args:
        path: The file; columns that are not asked for are ignored.
        keys: Columns that identify a row together.
        numbers: Columns of numbers.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a column is missing, two rows have the same key, or a number is none.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"There is no table {path}: give the path of a CSV file")
    scores: dict[tuple[str, ...], dict[str, float]] = {}
    with path.open(
        encoding="utf-8-sig", newline=""
    ) as file:  # spreadsheets write a byte order mark
        reader = csv.DictReader(file)
        _check_columns(path, reader.fieldnames or (), [*keys, *numbers])
        for row in reader:
            place = f"{path}, line {reader.line_num}"
            key = tuple((row[name] or "").strip() for name in keys)
            if key in scores:
                raise ValueError(
                    f"{place}: {', '.join(key)} is there twice: keep one row for an architecture"
                )
            scores[key] = {name: _number(place, name, row[name]) for name in numbers}
    return scores


def _check_columns(path: Path, found: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in found]
    if missing:
        raise ValueError(
            f"{path} has no column {', '.join(missing)}: its header is {','.join(found)!r}, and it "
            f"must have {','.join(needed)}"
        )


def _number(place: str, name: str, text: str | None) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):  # by which nothing could be ranked
        raise ValueError(f"{place}: {name} is {text!r}, which is no number")
    return number


def by_architecture(
    scores: Scores, space: SearchSpace, source: str | Path
) -> dict[tuple[int, ...], Mapping[str, float]]:
    """Return scores by architecture, for keys that are the value of each choice in order.

    Raises:
        ValueError: Names the value that is no candidate of its choice.
    """
    candidates: list[dict[str, Candidate]] = [
        {str(candidate): candidate for candidate in choice.candidates} for choice in space.values()
    ]
    rows = {}
    for key, row in scores.items():
        values = {
            name: known.get(text, text)
            for name, text, known in zip(space, key, candidates, strict=True)
        }
        try:
            arch = space.parse(values)
        except ValueError as error:
            raise ValueError(f"{source}: {error}") from None
        rows[tuple(arch.values())] = row
    return rows
