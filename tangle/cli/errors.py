"""Mistakes of the user, told in one line."""

from __future__ import annotations

import argparse
import errno
import re

from tangle.cli.shipped import of_shipped
from tangle.cli.suggestions import of_class

_MISTAKES = (ValueError, FileNotFoundError, IsADirectoryError, FileExistsError,
             NotADirectoryError, PermissionError, ConnectionError, FloatingPointError,
             argparse.ArgumentError)  # fmt: skip
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
_TEMPORARY = re.compile(r"(?<![^/])\.([^/]+?)\.(?:[0-9a-f]{32}|[a-z0-9_]{8})(?=\.|$)")
"""Names of files and folders that are to take the place of those that a user knows."""
_UNION = "Does not validate against any of the Union subtypes"
_NOISE = re.compile(
    rf"{_UNION}|Subtypes: |Errors:|- Expected a <class 'NoneType'>|Given value type: "
    r"|Given value: (\{|Namespace\(|NestedArg\()"
)
_ROOM = "make room, or choose another folder"
_PLACE = "choose a place that exists and that you may read and write"
_IN_WORDS = (
    (r'Parser key "([^"]*)":', r"\1:"),
    (r"Problem with given class_path '([^']*)':", r"\1:"),
    (r" *Expected a path but (\S+) either not accessible or invalid"
     r" Expected a dot import path string: \S+", r" there is neither a class nor a file \1"),
    (r"(?<=\]) Expected a typing.Literal\[", " or ["),
    (r"Expected a typing.Literal\[", "expected one of ["),
    (r"Expected a <class '(?:\w+\.)*(\w+)'>\.?", r"expected \1,"),
    (r"Given value:", "given"),
    (r"Got value:", "got"),
)  # fmt: skip
"""What jsonargparse says, and how a user would put it."""
_MISSING = {
    "required: net, task": ": add a space, such as -c lightning_configs/spaces/toy_conv_macro.yaml",
    "required: algorithm": ": add one, such as -c lightning_configs/algorithms/drnas.yaml",
}
"""What a search lacks, and where it is."""


def is_mistake_of_user(error: BaseException) -> bool:
    """Return whether an error tells the user what to change, rather than us."""
    # A KeyError or IndexError, which are LookupErrors too, is a defect. Lightning's own class is
    # known by its name, since this file is read before Lightning is.
    return (
        (isinstance(error, _MISTAKES) and not isinstance(error, BrokenPipeError))
        or type(error) is LookupError
        or (isinstance(error, OSError) and error.errno in _NO_ROOM)
        or type(error).__name__ == "MisconfigurationException"
        # Of a package that an option needs; a failed import of ours names a module.
        or (isinstance(error, ModuleNotFoundError) and error.name is None)
    )


def one_line(error: BaseException) -> str:
    """Return what an error says in one line, without the structure of option parsing."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        remedy = _ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else _PLACE
        place = _TEMPORARY.sub(r"\1", str(error.filename))
        return f"{place}: {error.strerror}: {remedy}"
    # An error of a constructor comes wrapped in the list of all types that were tried.
    while str(error).startswith(_UNION) and error.__cause__ is not None:
        error = error.__cause__
    lines = (line.strip() for line in str(error).splitlines())
    text = " ".join(line.removeprefix("- ") for line in lines if not _NOISE.match(line))
    for pattern, words in _IN_WORDS:
        text = re.sub(pattern, words, text)
    missing = (hint for what, hint in _MISSING.items() if text.endswith(what))
    meant = of_class(str(error)) or of_shipped(text)
    return text.strip() + meant + next(missing, "")
