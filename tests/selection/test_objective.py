import pytest

from tangle.selection import Objective


@pytest.mark.parametrize(("larger", "direction"), [(True, "maximize"), (False, "minimize")])
def test_the_direction_is_in_optunas_words(larger, direction):
    assert Objective("x", larger).direction == direction
