"""Which choices work depends on, found out by running functions in place of modules."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest

from tangle.core import Choice, SearchSpace, joint_candidates
from tangle.metrics.probe import Probe, Site

SPACE = SearchSpace([*(Choice(f"c{i}", (1, 2, 3)) for i in range(7)), Choice("op", ("a", "b"))])
Work = Callable[[dict[str, int]], int]


def measured(works: Sequence[Work], sites: Sequence[Site] | None = None):
    runs = []

    def run(arch):
        runs.append(arch)
        return {n: value for n, work in enumerate(works) if (value := work(arch))}

    return Probe(SPACE, sites or [Site()] * len(works), run).measure(), len(runs)


@pytest.mark.parametrize("names", [(), ("c3",), ("c0", "c6"), ("c1", "c2", "c4")])
def test_work_depends_on_exactly_the_choices_it_varies_with(names):
    def work(arch):
        return 5 + sum((i + 2) ** (1 + arch[name]) for i, name in enumerate(names))

    rates, _ = measured([work])
    assert rates[0].names == names
    for arch in joint_candidates([SPACE[name] for name in names]):
        assert rates[0].at(arch) == work(arch)


def test_many_modules_with_a_choice_each_take_few_runs():
    works = [lambda arch, name=f"c{i}": (1 + arch[name]) ** 2 for i in range(7)]
    rates, runs = measured(works)
    assert [rates[i].names for i in range(7)] == [(f"c{i}",) for i in range(7)]
    assert all(rates[i].at({f"c{i}": 1}) == 4 for i in range(7))
    assert runs <= 2 + 6 + 3  # the extremes, two halves for each of three bits, three candidates


def test_work_is_measured_where_it_is_done():
    sites = [Site({"op": frozenset({i})}) for i in (0, 1)]
    works = [lambda arch, i=i: (arch["op"] == i) * (3 + i + arch["c1"]) for i in (0, 1)]
    rates, _ = measured(works, sites)
    assert [rates[i].names for i in (0, 1)] == [("c1",)] * 2
    assert [rates[i].at({"c1": 2}) for i in (0, 1)] == [5, 6]


def test_work_is_measured_per_size():
    rates, runs = measured(
        [lambda arch: 6 * (arch["c0"] + 1)], [Site(size=lambda arch: arch["c0"] + 1)]
    )
    assert (rates[0].names, rates[0].at({}), runs) == ((), 6, 2)


def test_modules_that_never_work_are_left_out():
    assert measured([lambda arch: 0])[0] == {}


def test_work_that_depends_on_too_much_together_is_refused():
    with pytest.raises(ValueError, match=r"c0, .*c6 together, which have 2,187 joint candidates"):
        measured([lambda arch: 1 + sum(arch[f"c{i}"] for i in range(7))])


def test_rates_of_modules_that_share_choices_agree_with_all_candidates():
    pairs = list(itertools.combinations(("c0", "c1", "c2"), 2))
    works = [lambda arch, p=p: 1 + arch[p[0]] * 10 + arch[p[1]] for p in pairs]
    rates, _ = measured(works)
    for number, pair in enumerate(pairs):
        assert rates[number].names == pair
        for arch in joint_candidates([SPACE[name] for name in pair]):
            assert rates[number].at(arch) == works[number](arch)
