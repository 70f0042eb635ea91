"""The configurations that come with tangle."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import tangle
from tangle.cli.suggestions import closest

CONFIGS = "lightning_configs"
"""Their folder: beside the package in a clone, and within it where a wheel was installed."""
_PATH = re.compile(rf"(?:^|(?<=[=,])){CONFIGS}/[^,=+]+")
"""A path of one, alone or in `--config=FILE` or `[NAME=]FILE[,FILE...][+SAMPLER]`."""
_NAMED = re.compile(rf"(?:[^\s':]*/)?{CONFIGS}/([\w./-]+)\.yaml")
"""The same in a message, which may have made it absolute."""


def shipped(name: str) -> Path:
    """Return the path of a configuration that comes with tangle, wherever that is called.

    Args:
        name: Its path within `lightning_configs`.

    Raises:
        FileNotFoundError: If it is not there.
    """
    for place in _places():
        if (path := place / CONFIGS / name).is_file():
            return path
    package = Path(tangle.__file__).parent
    raise FileNotFoundError(
        f"{CONFIGS}/{name} is neither in {package} nor beside it: install tangle again, or use a "
        "whole clone of it"
    )


def with_shipped(arguments: Sequence[str]) -> list[str]:
    """Return arguments of a verb that find shipped configurations from any folder.

    A path such as `lightning_configs/quickstart.yaml` stays if the file is there, or if no such one
    is shipped either.

    Args:
        arguments: The words after the verb.
    """
    return [_PATH.sub(_from_anywhere, word) for word in arguments]


def of_shipped(text: str) -> str:
    """Return the end of a message that names a configuration that is nowhere; else nothing.

    Args:
        text: The message.
    """
    if not (match := _NAMED.search(text)) or Path(match[0]).is_file():
        return ""
    folders = [place / CONFIGS for place in _places()]
    known = {file.relative_to(f).with_suffix("") for f in folders for file in f.rglob("*.yaml")}
    name = closest(match[1], sorted(path.as_posix() for path in known))
    return f": did you mean {CONFIGS}/{name}.yaml?" if name not in (None, match[1]) else ""


def _places() -> tuple[Path, Path]:
    package = Path(tangle.__file__).parent
    return package, package.parent


def _from_anywhere(match: re.Match[str]) -> str:
    """Return the path that was matched, or that of the same file that came with tangle."""
    given = match[0]
    if Path(given).exists():
        return given
    try:
        return str(shipped(given.removeprefix(f"{CONFIGS}/")))
    except FileNotFoundError:
        return given
