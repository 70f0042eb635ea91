"""A term is plain data."""

import dataclasses

import numpy as np
import pytest

from tangle.core import Term


def test_a_term_does_not_change() -> None:
    term = Term(("width",), np.array([1, 2]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        term.names = ()  # type: ignore[misc]
