"""Scores become a table, a sentence and a picture."""

from __future__ import annotations

import yaml
from rich.console import Console

from tangle.cli.rank_results import Ranked, correlations, sentence, show, write
from tangle.core.table import read_table

ROWS = [
    Ranked(f"a{i}", {"width": i}, inherited, retrained, 10 * i)
    for i, (inherited, retrained) in enumerate([(0.1, 0.2), (0.2, 0.5), (0.3, 0.4), (0.4, 0.6)])
]


def test_a_pair_out_of_order_lowers_tau():
    tau = correlations(ROWS)["tau"]
    assert round(tau.value, 3) == 0.667
    assert tau.low <= tau.value <= tau.high
    assert sentence(tau).startswith("tau 0.67 [")
    assert sentence(tau).endswith("over 4 architectures")


def test_equal_scores_have_no_correlation():
    equal = [Ranked(str(i), {}, 0.5, i / 10, 1) for i in range(3)]
    assert "does not exist" in sentence(correlations(equal)["tau"])


def test_fewer_than_three_leave_a_table_alone(tmp_path):
    write(ROWS[:2], "accuracy", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["rank.csv"]


def test_all_scores_are_kept_with_their_architecture(tmp_path):
    write(ROWS, "accuracy", tmp_path)
    last = read_table(tmp_path / "rank.csv")[-1]
    assert last == {"name": "a3", "inherited_accuracy": "0.4", "retrained_accuracy": "0.6",
                    "parameters": "30", "width": "3"}  # fmt: skip
    assert yaml.safe_load((tmp_path / "rank.yaml").read_text())["Spearman"]["count"] == 4


def test_the_best_retrained_is_shown_first(tmp_path):
    console = Console(record=True, width=120)
    show(ROWS, "loss", tmp_path, console, larger_is_better=False)
    text = console.export_text()
    assert text.index("a0") < text.index("a3")
