"""Options that a user may have meant."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterable

from tangle import data, modules

_PARTS = {
    "model": (modules.SearchModule, modules.SubnetModule),
    "data": (data.BilevelDataModule, data.FashionMNIST),
}
"""Classes whose options no parser lists, as a configuration chooses the class."""


def known_options(parsers: Iterable[argparse.ArgumentParser]) -> list[str]:
    """Return the options of parsers, and those of the usual classes of model and data.

    Args:
        parsers: Those of the verbs.
    """
    listed = [option for parser in parsers for option in parser._option_string_actions]
    return listed + [
        f"--{part}.{name}"
        for part, kinds in _PARTS.items()
        for kind in kinds
        for name in inspect.signature(kind).parameters
    ]
