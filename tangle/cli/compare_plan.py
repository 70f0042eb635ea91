"""What a comparison does, kept in its folder, so that another one can't go on there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tangle.cli.errors import one_line
from tangle.core.atomic import write_text

_PLAN = "compare.yaml"
_MOST = 5
"""Differences that are told."""
_ABSENT = object()

Options = Mapping[str, Any]


def config_file(out: Path, search: str) -> Path:
    """Return where the whole configuration of a search is kept."""
    return out / search / "config.yaml"


def keep_plan(
    out: Path,
    shared: Options,
    defaults: Options,
    configs: Mapping[str, Options],
    merged: Callable[[list[str]], Options],
) -> None:
    """Write what is compared, unless it is what the folder holds.

    What is stored may have been written by a version of tangle that had fewer options: it is the
    same if it is with the defaults of now.

    Args:
        out: The folder.
        shared: Options of the comparison itself.
        defaults: Their defaults.
        configs: The whole configuration of each search.
        merged: Returns what the options of a `tangle fit` come to.

    Raises:
        ValueError: If the folder holds another comparison; it tells what differs.
    """
    parts = {out / _PLAN: shared}
    parts |= {config_file(out, name): config for name, config in configs.items()}
    texts = {path: yaml.safe_dump(dict(part), sort_keys=False) for path, part in parts.items()}
    for path, part in parts.items():
        if not path.is_file() or (text := path.read_text(encoding="utf-8")) == texts[path]:
            continue
        is_plan = path.name == _PLAN
        stored = {**defaults, **yaml.safe_load(text)} if is_plan else _completed(path, merged)
        if differences := list(_differences(stored, part)):
            raise ValueError(
                f"{out} holds a comparison with other settings, by {path}: "
                f"{_told(differences)}: choose another folder by --out, or remove this one"
            )
    for path, text in texts.items():
        write_text(path, text)


def _completed(path: Path, merged: Callable[[list[str]], Options]) -> Options:
    """Return a stored configuration with the options that are new since, at their defaults."""
    try:
        return merged(["-c", str(path)])
    except Exception as error:
        raise ValueError(
            f"{path.parents[1]} holds a comparison that this version of tangle can't go on with, "
            f"by {path}: {one_line(error)}: choose another folder by --out, or remove this one"
        ) from error


def _differences(stored: Any, given: Any, name: str = "") -> Iterator[str]:
    """Yield in words where two configurations differ."""
    if isinstance(stored, Mapping) and isinstance(given, Mapping):
        for key in dict.fromkeys([*stored, *given]):
            parts = stored.get(key, _ABSENT), given.get(key, _ABSENT)
            yield from _differences(*parts, f"{name}.{key}" if name else str(key))
    elif stored != given:
        yield f"{name} was {_value(stored)} and is {_value(given)}"


def _value(value: Any) -> str:
    if value is _ABSENT:
        return "not there"
    return (
        yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix("\n...\n").strip()
    )


def _told(differences: list[str]) -> str:
    more = len(differences) - _MOST
    return "; ".join([*differences[:_MOST], *([f"and {more} more"] if more > 0 else [])])
