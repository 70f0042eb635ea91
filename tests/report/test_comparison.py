import itertools
import math
import random
import statistics

import pytest

from tangle.report import Comparison, Summary, sign_flip_p_value


def rows(**scores):
    return [
        {"method": method, "seed": seed, "accuracy": value, "parameters": 1000 * (seed + 2)}
        for method, values in scores.items()
        for seed, value in enumerate(values)
    ]


def test_methods_keep_the_order_of_the_rows():
    assert Comparison(rows(spos=[0.1], darts=[0.2]), "accuracy").methods == ("spos", "darts")


def test_a_summary_is_the_mean_and_the_sample_deviation():
    summary = Summary((1.0, 2.0, 4.0))
    assert summary.mean == pytest.approx(7 / 3)
    assert summary.std == pytest.approx(statistics.stdev([1, 2, 4]))


def test_a_single_value_has_no_deviation_and_none_no_mean():
    assert Summary((3.0,)).std == 0
    assert math.isnan(Summary(()).mean)


def test_a_single_value_is_shown_without_a_deviation():
    text = Comparison(rows(a=[0.5]), "accuracy").markdown()
    assert "| a | 50.00% | 2,000 | 1 |  |" in text


@pytest.mark.parametrize("lost", [math.inf, math.nan])
def test_a_score_that_is_no_number_shows_and_is_no_evidence(lost):
    comparison = Comparison(rows(a=[1.0, 2.0, 3.0], b=[lost, 2.5, 3.5]), "accuracy")
    assert math.isnan(comparison.summary("b", "accuracy").std)
    assert comparison.p_value("b") is None
    assert f"| b | {lost:.2%} ± nan% |" in comparison.markdown()
    with pytest.raises(ValueError, match="the test takes finite numbers"):
        sign_flip_p_value([lost, 0.1, 0.2, 0.3])


def test_a_missing_value_is_left_out():
    comparison = Comparison([*rows(a=[0.5]), {"method": "a", "seed": 1}], "accuracy")
    assert comparison.summary("a", "accuracy").values == (0.5,)


def test_all_differences_of_one_sign_give_the_smallest_p_value():
    assert sign_flip_p_value([0.1, 0.2, 0.3, 0.4]) == 2 / 16


def test_differences_that_cancel_give_one():
    assert sign_flip_p_value([1.0, -1.0]) == 1


def test_the_p_value_equals_counting_by_hand():
    rng = random.Random(0)
    for _ in range(20):
        differences = [rng.gauss(0.3, 1) for _ in range(rng.randint(1, 7))]
        count = far = 0
        for signs in itertools.product([-1, 1], repeat=len(differences)):
            total = abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
            count += 1
            far += total > abs(sum(differences)) - 1e-9
        assert sign_flip_p_value(differences) == pytest.approx(far / count)


def test_of_many_differences_signs_are_sampled():
    assert sign_flip_p_value([1.0] * 20) == pytest.approx(1 / 2**16, abs=3 / 2**16)
    assert sign_flip_p_value([1.0, -1.0] * 10) == 1
    known = 2 * sum(math.comb(20, n) for n in range(6)) / 2**20  # at least 15 signs are alike
    assert sign_flip_p_value([1.0] * 15 + [-1.0] * 5) == pytest.approx(known, abs=0.005)


def test_only_seeds_that_both_have_are_paired():
    comparison = Comparison(rows(a=[0.1, 0.2, 0.3], b=[0.2, 0.4]), "accuracy")
    assert comparison.p_value("b") == 2 / 4


def test_the_reference_and_single_seeds_have_no_p_value():
    comparison = Comparison(rows(a=[0.1], b=[0.2]), "accuracy")
    assert comparison.p_value("a") is None
    assert comparison.p_value("b") is None


def test_the_table_has_a_line_for_each_method():
    text = Comparison(rows(a=[0.5, 0.7], b=[0.25, 0.25]), "accuracy").markdown()
    assert text == (
        "| method | accuracy | parameters | seeds | p (against a) |\n"
        "| --- | ---: | ---: | ---: | ---: |\n"
        "| a | 60.00% ± 14.14% | 2,500 ± 707 | 2 |  |\n"
        "| b | 25.00% ± 0.00% | 2,500 ± 707 | 2 | 0.500 |\n"
    )


def test_a_bar_in_a_name_is_no_column():
    text = Comparison(rows(**{"a|b": [0.5]}), "accuracy").markdown()
    assert r"| a\|b | 50.00% |" in text
    assert r"p (against a\|b) |" in text


def test_latex_escapes_every_sign_of_its_own():
    text = Comparison(rows(**{r"a^2~\b{}$": [0.5]}), "accuracy").latex()
    assert r"a\textasciicircum{}2\textasciitilde{}\textbackslash{}b\{\}\$ & 50.00\%" in text


def test_latex_escapes_what_it_would_read():
    text = Comparison(rows(spos_es=[0.5, 0.7]), "accuracy").latex()
    assert r"spos\_es & 60.00\% $\pm$ 14.14\% & 2,500 $\pm$ 707 & 2 &  \\" in text
    assert text.startswith(r"\begin{tabular}{lrrrr}")


def test_one_seed_has_no_deviation():
    one = Comparison([{"method": "a", "seed": 0, "accuracy": 0.5, "seconds": 3.0}], "accuracy")
    assert "| a | 50.00% | 3 | 1 |" in one.markdown()
