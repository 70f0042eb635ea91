"""Checks let good values through; test_search.py has the bad ones."""

import pytest

from tangle.modules.options import at_least, check_arch_data, positive_or_none, share
from tests.planted import make_search


def test_good_values_come_back() -> None:
    assert at_least(1, "n", 1) == 1
    assert positive_or_none("clip", None) is None
    assert positive_or_none("clip", 0.1) == 0.1
    assert [share("s", value) for value in (0, 1)] == [0, 1]


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="clip is nan"):
        positive_or_none("clip", float("nan"))
    with pytest.raises(ValueError, match="s is nan"):
        share("s", float("nan"))


@pytest.mark.parametrize("loaders", [{"weights": []}, [], None])
def test_data_without_an_arch_part_are_refused(loaders: object) -> None:
    with pytest.raises(ValueError, match="arch_fraction above 0"):
        check_arch_data(make_search().algorithm, loaders)
