import itertools
import subprocess
import sys
from collections import Counter
from random import Random
from typing import Any

import pytest

from tangle.core import Choice, Condition, SearchSpace, Use

WIDTH = Choice("width", (16, 8, 32))
DEPTH = Choice("depth", (1, 2, 3))
OPERATION = Choice("operation", ("skip", "conv"))


def deeper_than(blocks: int) -> Condition:
    return Condition("depth", frozenset(i for i, depth in enumerate((1, 2, 3)) if depth > blocks))


def conditional_space() -> SearchSpace:
    """A width per block; blocks one and two run while the depth is above one and two."""
    widths = [Choice(f"width_{i}", (8, 16)) for i in range(3)]
    uses: dict[str, list[Use]] = {"width_0": [()]}
    uses |= {f"width_{i}": [(deeper_than(i),)] for i in (1, 2)}
    return SearchSpace([DEPTH, *widths], uses)


def random_space(rng: Random) -> SearchSpace:
    """Up to six choices; conditions on any others, nested, shared and circular ones included."""
    choices = [
        Choice(f"choice_{i}", tuple(range(rng.randint(1, 3)))) for i in range(rng.randint(1, 6))
    ]

    def condition() -> Condition:
        decider = rng.choice(choices)
        indices = range(len(decider.candidates))
        return Condition(decider.name, frozenset(rng.sample(indices, rng.randint(0, len(indices)))))

    uses = {
        choice.name: [
            tuple(condition() for _ in range(rng.randint(0, 2))) for _ in range(rng.randint(1, 3))
        ]
        for choice in choices
        if rng.random() < 0.7
    }
    return SearchSpace(choices, uses)


RANDOM_SPACES = [pytest.param(random_space(Random(seed)), id=str(seed)) for seed in range(60)]


def every_combination(space: SearchSpace) -> list[dict[str, int]]:
    ranges = [range(len(choice.candidates)) for choice in space.values()]
    return [dict(zip(space, indices, strict=True)) for indices in itertools.product(*ranges)]


def test_space_is_a_mapping_in_the_order_of_the_network() -> None:
    space = SearchSpace([WIDTH, OPERATION, WIDTH])
    assert list(space) == ["width", "operation"]
    assert space["width"] is WIDTH
    assert len(space) == 2
    assert repr(space) == "SearchSpace(2 choices, 6 architectures)"


def test_two_choices_of_one_name_must_have_the_same_candidates() -> None:
    with pytest.raises(ValueError, match=r"named 'width' but have different candidates, .*rename"):
        SearchSpace([WIDTH, Choice("width", (16, 8))])


def test_extremes_go_by_the_numbers_and_the_order_of_text() -> None:
    space = SearchSpace([WIDTH, OPERATION])
    assert space.describe(space.largest()) == {"width": 32, "operation": "conv"}
    assert space.describe(space.smallest()) == {"width": 8, "operation": "skip"}


def test_inactive_choices_are_set_to_their_first_candidate() -> None:
    space = conditional_space()
    deepest = {"depth": 2, "width_0": 1, "width_1": 1, "width_2": 1}
    assert space.canonical(deepest) == deepest
    assert space.canonical({**deepest, "depth": 1}) == {**deepest, "depth": 1, "width_2": 0}
    assert space.canonical({**deepest, "depth": 0}) == {
        "depth": 0, "width_0": 1, "width_1": 0, "width_2": 0,
    }  # fmt: skip
    assert space.active({**deepest, "depth": 1}) == {"depth", "width_0", "width_1"}


def test_choice_that_depends_on_an_inactive_one_is_inactive() -> None:
    first, second, third = (Choice(name, (0, 1)) for name in ("first", "second", "third"))
    space = SearchSpace(
        [third, second, first],
        {
            "second": [(Condition("first", frozenset({1})),)],
            "third": [(Condition("second", frozenset({1})),)],
        },
    )
    assert space.canonical({"first": 0, "second": 1, "third": 1}) == dict.fromkeys(space, 0)
    assert space.cardinality == len(list(space.enumerate())) == 4


def test_cardinality_of_a_conditional_space() -> None:
    assert conditional_space().cardinality == 2 + 2**2 + 2**3


def test_cardinality_of_a_huge_space_takes_no_enumeration() -> None:
    """MobileNetV3: kernel and expansion of up to four blocks in each of five stages."""
    choices, uses = [], {}
    for stage in range(5):
        depth = Choice(f"depth_{stage}", (2, 3, 4))
        choices.append(depth)
        for block, name in itertools.product(range(4), ("kernel", "expand")):
            choices.append(Choice(f"{name}_{stage}_{block}", (3, 5, 7)))
            runs = frozenset(i for i, blocks in enumerate((2, 3, 4)) if blocks > block)
            uses[choices[-1].name] = [(Condition(depth.name, runs),)]
    assert SearchSpace(choices, uses).cardinality == (9**2 + 9**3 + 9**4) ** 5


@pytest.mark.parametrize("space", RANDOM_SPACES)
def test_cardinality_counts_what_enumerate_yields(space: SearchSpace) -> None:
    architectures = [tuple(arch.items()) for arch in space.enumerate()]
    assert len(set(architectures)) == len(architectures) == space.cardinality


@pytest.mark.parametrize("space", RANDOM_SPACES)
def test_enumerate_yields_the_canonical_forms_in_order(space: SearchSpace) -> None:
    canonical = {tuple(space.canonical(arch).values()) for arch in every_combination(space)}
    assert [tuple(arch.values()) for arch in space.enumerate()] == sorted(canonical)


@pytest.mark.parametrize("space", RANDOM_SPACES)
def test_canonical_is_idempotent_and_keeps_active_choices(space: SearchSpace) -> None:
    for arch in every_combination(space):
        canonical = space.canonical(arch)
        assert space.canonical(canonical) == canonical
        active = space.active(arch)
        assert canonical == {name: arch[name] if name in active else 0 for name in space}
        assert space.active(canonical) == active


@pytest.mark.parametrize("space", RANDOM_SPACES)
def test_parse_inverts_describe(space: SearchSpace) -> None:
    for arch in space.enumerate():
        assert space.parse(space.describe(arch)) == arch


def test_samples_are_uniform_per_choice_and_canonical() -> None:
    space, rng = conditional_space(), Random(0)
    samples = [space.sample(rng) for _ in range(3000)]
    assert all(space.canonical(arch) == arch for arch in samples)
    for name in ("depth", "width_0"):
        counts = Counter(arch[name] for arch in samples)
        expected = len(samples) / len(space[name].candidates)
        spread = (expected * (1 - expected / len(samples))) ** 0.5
        assert all(abs(counts[i] - expected) < 4 * spread for i in range(len(counts)))
    deep = [arch["width_2"] for arch in samples if arch["depth"] == 2]
    assert abs(sum(deep) - len(deep) / 2) < 4 * (len(deep) / 4) ** 0.5


def test_sample_is_a_function_of_the_generator() -> None:
    space = conditional_space()
    draws = [[space.sample(Random(seed)) for _ in range(3)] for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


def test_hash_is_stable_across_processes() -> None:
    """Pinned: files on disk refer to it."""
    text = (
        "from tangle.core import Choice, Condition, SearchSpace;"
        "space = SearchSpace([Choice('depth', (1, 2)), Choice('width', (8, 3.5)),"
        " Choice('operation', ('skip', 'conv'))],"
        " {'width': [(Condition('depth', frozenset({1, 0})), Condition('operation',"
        " frozenset({1}))), (Condition('depth', frozenset({1})),)]});"
        "print(space.hash)"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", text], env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True, check=True, text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert hashes == {"bae98d36309f5b6a"}


def test_hash_depends_on_everything_an_architecture_depends_on() -> None:
    deep = Condition("depth", frozenset({1, 2}))
    spaces = [
        SearchSpace([DEPTH, WIDTH]),
        SearchSpace([DEPTH, Choice("width", (16, 8))]),
        SearchSpace([DEPTH, Choice("width", (8, 16, 32))]),
        SearchSpace([DEPTH, Choice("width_0", (16, 8, 32))]),
        SearchSpace([DEPTH, WIDTH, OPERATION]),
        SearchSpace([DEPTH, WIDTH], {"width": [(deep,)]}),
        SearchSpace([DEPTH, WIDTH], {"width": [(Condition("depth", frozenset({2})),)]}),
    ]
    assert len({space.hash for space in spaces}) == len(spaces)


def test_hash_is_that_of_equal_numbers() -> None:
    whole, floats = (SearchSpace([Choice("ratio", ratios)]) for ratios in ((2, 3.5), (2.0, 3.5)))
    assert whole.hash == floats.hash


def test_hash_ignores_what_changes_nothing() -> None:
    deep, deepest = Condition("depth", frozenset({1, 2})), Condition("depth", frozenset({2}))
    plain = SearchSpace([DEPTH, WIDTH])
    assert SearchSpace([WIDTH, DEPTH]).hash == plain.hash
    assert (
        SearchSpace([DEPTH, WIDTH], {"width": [(), (deep,)], "elsewhere": [()]}).hash == plain.hash
    )
    one = SearchSpace([DEPTH, WIDTH], {"width": [(deep,), (deepest,)]})
    other = SearchSpace([DEPTH, WIDTH], {"width": [(deepest,), (deep,), (deep,)]})
    assert one.hash == other.hash


@pytest.mark.parametrize(
    ("arch", "message"),
    [
        ({"width": 0}, r"missing 'operation'\. The space has the choices width, operation"),
        ({"width": 0, "operation": 0, "depth": 1}, r"unknown 'depth'"),
        ({"width": 0, "operations": 0}, r"missing 'operation'; unknown 'operations'"),
        ({"width": 3, "operation": 0}, r"'width' has candidate index 3, .* from 0 to 2 .*\(16, 8"),
        ({"width": -1, "operation": 0}, r"'width' has candidate index -1, "),
        ({"width": 1.0, "operation": 0}, r"'width' has candidate index 1.0, .* an integer from 0"),
        ({"width": "8", "operation": 0}, r"'width' has candidate index '8', .* an integer from 0"),
        ({"width": True, "operation": 0}, r"'width' has candidate index True, .* an integer from"),
    ],
)
def test_architecture_that_does_not_fit_is_refused(arch: Any, message: str) -> None:
    space = SearchSpace([WIDTH, OPERATION])
    for refuse in (space.validate, space.canonical, space.describe):
        with pytest.raises(ValueError, match=message):
            refuse(arch)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": 8}, r"missing 'operation'"),
        ({"width": 8, "operation": "skip", 3: 1}, r"unknown 3"),
        ({"width": 9, "operation": "skip"}, r"'width' has the value 9, .* candidates are \(16, 8"),
        ({"width": "8", "operation": "skip"}, r"'width' has the value '8'"),
        ({"width": [8], "operation": "skip"}, r"'width' has the value \[8\]"),
        ({"width": 8, "operation": None}, r"'operation' has the value None"),
    ],
)
def test_values_that_do_not_fit_are_refused(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SearchSpace([WIDTH, OPERATION]).parse(values)


def test_condition_on_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'width' depends on 'depth', which is no choice of"):
        SearchSpace([WIDTH], {"width": [(deeper_than(1),)]})


def test_structural_choices_are_those_on_which_others_depend() -> None:
    assert conditional_space().structural == {"depth"}
    assert SearchSpace([WIDTH, OPERATION]).structural == frozenset()
