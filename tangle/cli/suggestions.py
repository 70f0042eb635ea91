"""What a user may have meant by a name that does not exist."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable

_MISSPELT = re.compile(
    r"Expected a dot import path string: ([\w.]+)|module '[\w.]+' has no attribute '(\w+)'"
)
_UNKNOWN = re.compile(r"unrecognized arguments: (--[\w.-]+)|does not accept option '([\w.]+)'")
_PLACES = (
    "tangle.algorithms", "tangle.spaces", "tangle.data", "tangle.modules", "tangle.callbacks",
    "tangle.benchmarks", "torch.optim", "torch.optim.lr_scheduler",
)  # fmt: skip
"""Modules whose classes a configuration can name by their last part."""


def closest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like another, whatever their cases; None if none is.

    >>> closest("DrNSA", ["DARTS", "DrNAS"]), closest("--lr", ["--run"])
    ('DrNAS', None)
    """
    by_lower = {known.lower(): known for known in names}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return the end of a message about a name that does not exist; empty if none is like it."""
    found = closest(name, names)
    return f": did you mean {found}?" if found else ""


def of_class(text: str) -> str:
    """Return the end of a message that says that there is no such class; else nothing.

    Args:
        text: The message.
    """
    if not (match := _MISSPELT.search(text)):
        return ""
    name = (match[1] or match[2]).rpartition(".")[2]
    # What was not loaded can't have been meant: the error came after all that is named so was.
    modules = (sys.modules[place] for place in _PLACES if place in sys.modules)
    known = {
        word
        for module in modules
        for word in getattr(module, "__all__", None) or vars(module)
        if word[:1].isupper()
    }
    return did_you_mean(name, sorted(known))


def of_option(text: str, options: Iterable[str]) -> str:
    """Return the end of a message that says that there is no such option; else nothing.

    Args:
        text: The message.
        options: Those that there are, with their dashes.
    """
    if not (match := _UNKNOWN.search(text)):
        return ""
    name = match[1] or f"--{match[2]}"
    known = [option for option in options if option.startswith("--")]
    if found := closest(name, known):
        return f": did you mean {found}?"
    first, dot, rest = name.partition(".")
    for part in ("--model", "--data"):
        inner = f"{part}.{first.removeprefix('--')}"
        if inner in known:
            return f": did you mean {inner}{dot}{rest}?"
    # Of a part with options of its own, only its name is known here.
    found = closest(first, known)
    return f": did you mean {found}{dot}{rest}?" if found and found != first else ""
