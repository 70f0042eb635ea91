"""Mistakes of the user, told in one line."""

from __future__ import annotations

import argparse
import errno
import re

_MISTAKES = (ValueError, FileNotFoundError, FileExistsError, NotADirectoryError, PermissionError,
             ConnectionError, FloatingPointError, argparse.ArgumentError)  # fmt: skip
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
_UNION = "Does not validate against any of the Union subtypes"
_NOISE = re.compile(
    rf"{_UNION}|Subtypes: |Errors:|- Expected a <class 'NoneType'>|Given value type: "
    r"|Given value: (\{|Namespace\(|NestedArg\()"
)


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
    # An error of a constructor comes wrapped in the list of all types that were tried.
    while str(error).startswith(_UNION) and error.__cause__ is not None:
        error = error.__cause__
    lines = (line.strip() for line in str(error).splitlines())
    text = " ".join(line.removeprefix("- ") for line in lines if not _NOISE.match(line))
    text = re.sub(r'Parser key "([^"]*)":', r"\1:", text)
    return re.sub(r"Problem with given class_path '([^']*)':", r"\1:", text)
