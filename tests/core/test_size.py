import copy
import itertools

import pytest
from torchvision.models._utils import _make_divisible

from tangle.core import Choice, Fixed, Size, as_size, joint_candidates

EMBED = Choice("embed", (192, 216, 240))
RATIO = Choice("ratio", (4, 3.5))
HEADS = Choice("heads", (3, 4, 6))


def test_sizes_follow_python_arithmetic() -> None:
    for e, r in itertools.product(range(3), range(2)):
        arch = {"embed": e, "ratio": r}
        embed, ratio = EMBED.candidates[e], RATIO.candidates[r]
        assert isinstance(embed, int)
        assert isinstance(ratio, float | int)
        assert (EMBED * RATIO).at(arch) == int(embed * ratio)
        assert (3 * EMBED).at(arch) == (EMBED * 3).at(arch) == 3 * embed
        assert (EMBED * RATIO // 2).at(arch) == int(embed * ratio) // 2
        assert (EMBED * RATIO * 2 // 16).at(arch) == int(embed * ratio * 2) // 16


def test_quotient_of_two_choices() -> None:
    assert (EMBED // HEADS).table() == tuple(e // h for e in (192, 216, 240) for h in (3, 4, 6))


def test_quotient_of_a_number_by_a_choice() -> None:
    assert (2400 // EMBED).table() == (12, 11, 10)


def test_product_with_itself_depends_on_one_choice() -> None:
    square = EMBED * EMBED
    assert square.choices == (EMBED,)
    assert square.table() == (192**2, 216**2, 240**2)


def test_rounding_errors_do_not_lose_an_entry() -> None:
    assert 0.29 * 100 < 29
    assert (Choice("width", (100,)) * 0.29).at({"width": 0}) == 29


def test_table_has_the_first_choice_slowest() -> None:
    assert (EMBED * RATIO).table() == (768, 672, 864, 756, 960, 840)
    assert EMBED.table((RATIO, EMBED)) == (192, 216, 240, 192, 216, 240)
    assert list(joint_candidates((HEADS, RATIO)))[:3] == [
        {"heads": 0, "ratio": 0},
        {"heads": 0, "ratio": 1},
        {"heads": 1, "ratio": 0},
    ]


def test_extremes_are_over_all_joint_candidates() -> None:
    assert (EMBED * RATIO).max == 960
    assert (EMBED * RATIO).min == 672
    assert Choice("kernel", (5, 7, 3)).max == 7
    assert Fixed(12).max == Fixed(12).min == 12


def test_number_is_a_constant_size() -> None:
    assert as_size(12) == Fixed(12)
    assert as_size(EMBED) is EMBED
    assert Fixed(12).choices == ()
    assert Fixed(12).table() == (12,)


@pytest.mark.parametrize("multiple", [1, 4, 8, 16])
def test_round_to_is_the_mobilenet_rule(multiple: int) -> None:
    widths = Choice("width", tuple(range(1, 300)))
    rounded = widths.round_to(multiple).table()
    assert rounded == tuple(_make_divisible(width, multiple) for width in range(1, 300))


def test_round_to_sees_the_exact_product() -> None:
    width = Choice("width", (10,)) * 1.2  # 12 lies between 8 and 16, and rounds up
    assert width.round_to(8).at({"width": 0}) == 16


@pytest.mark.parametrize("multiple", [0, -8])
def test_round_to_needs_a_positive_multiple(multiple: int) -> None:
    with pytest.raises(ValueError, match=r"round_to\(-?\d\): the multiple must be at least 1"):
        EMBED.round_to(multiple)


def test_division_by_a_size_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"divides by 0 for one of its candidates"):
        _ = EMBED // Choice("heads", (4, 0))
    with pytest.raises(ValueError, match=r"divides by 0 for one of its candidates"):
        _ = EMBED // 0.5  # type: ignore[operator]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (EMBED * RATIO, "embed * ratio"),
        (EMBED * RATIO // 2, "(embed * ratio) // 2"),
        ((EMBED * RATIO).round_to(8), "(embed * ratio).round_to(8)"),
    ],
)
def test_size_reads_like_its_definition(size: Size, text: str) -> None:
    assert str(size) == text


def test_equal_expressions_are_equal_sizes() -> None:
    again = Choice("embed", (192, 216, 240)) * Choice("ratio", (4, 3.5))
    assert again == EMBED * RATIO
    assert hash(EMBED // 2) == hash(EMBED // 2)
    assert EMBED * RATIO != RATIO * EMBED


def test_a_deep_copy_is_the_size_itself() -> None:
    for size in (EMBED, Fixed(3), EMBED * RATIO // 2):
        assert copy.deepcopy([size])[0] is size
