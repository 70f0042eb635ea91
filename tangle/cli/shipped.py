"""The configurations that come with tangle."""

from __future__ import annotations

from pathlib import Path

import tangle

CONFIGS = "lightning_configs"
"""Their folder: beside the package in a clone, and within it where a wheel was installed."""


def shipped(name: str) -> Path:
    """Return the path of a configuration that comes with tangle, wherever that is called.

    Args:
        name: Its path within `lightning_configs`.

    Raises:
        FileNotFoundError: If it is not there.
    """
    package = Path(tangle.__file__).parent
    for place in (package, package.parent):
        if (path := place / CONFIGS / name).is_file():
            return path
    raise FileNotFoundError(
        f"{CONFIGS}/{name} is neither in {package} nor beside it: install tangle again, or use a "
        "whole clone of it"
    )
