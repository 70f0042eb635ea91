from unittest.mock import patch

import yaml

from tangle.cli.compare_results import Results
from tangle.core.table import read_table, write_table
from tangle.report import draw_anytime


def make(out, search, seed, accuracy, sampler="argmax", score="accuracy"):
    folder = out / search / f"seed{seed}"
    (folder / sampler).mkdir(parents=True, exist_ok=True)
    row = {"method": search, "seed": seed, score: accuracy, "seconds": 2.0}
    (folder / sampler / "result.yaml").write_text(yaml.safe_dump(row))
    curve = [{"seconds": 1.0, score: accuracy}, {"seconds": 2.0, score: accuracy / 2}]
    write_table(folder / sampler / "curve.csv", curve)


def test_results_so_far_are_written_and_shown(tmp_path, capsys):
    make(tmp_path, "drnas", 0, 0.75)
    make(tmp_path, "drnas", 1, 0.85)
    make(tmp_path, "spos", 0, 0.5, sampler="tpe")
    methods = [("drnas", None, "drnas"), ("spos", "tpe", "spos+tpe")]
    Results(tmp_path, methods, seeds=2).write_and_show()
    rows = read_table(tmp_path / "results.csv")
    assert [(row["method"], row["seed"]) for row in rows] == [
        ("drnas", "0"), ("drnas", "1"), ("spos", "0")
    ]  # fmt: skip
    assert "| drnas | 80.00% ± 7.07% |" in (tmp_path / "table.md").read_text()
    assert (tmp_path / "table.tex").is_file()
    assert (tmp_path / "anytime.png").is_file()
    assert "trained from scratch" in capsys.readouterr().out


def test_names_of_methods_are_whole_in_a_narrow_terminal(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    name = "sandwich_of_long_names"
    make(tmp_path, name, 0, 0.5)
    Results(tmp_path, [(name, None, name)], seeds=1).write_and_show()
    text = capsys.readouterr().out
    assert f"│ {name} │" in text
    assert "…" not in text


def test_without_results_nothing_is_written(tmp_path):
    Results(tmp_path, [("drnas", None, "drnas")], seeds=1).write_and_show()
    assert list(tmp_path.iterdir()) == []


def test_by_a_benchmark_alone_its_metric_is_compared(tmp_path, capsys):
    for seed, accuracy in enumerate((90.0, 91.0)):
        make(tmp_path, "drnas", seed, accuracy, score="benchmark/test_acc")
    Results(tmp_path, [("drnas", None, "drnas")], seeds=2).write_and_show()
    assert "| drnas | 90.5 ± 0.71 |" in (tmp_path / "table.md").read_text()
    rows = read_table(tmp_path / "anytime.csv")
    assert [(row["seed"], row["benchmark/test_acc"]) for row in rows] == [
        ("0", "90.0"), ("0", "45.0"), ("1", "91.0"), ("1", "45.5")
    ]  # fmt: skip
    assert "by the benchmark" in capsys.readouterr().out


def test_methods_of_which_only_one_has_a_benchmark_share_the_table_and_the_figure(tmp_path):
    make(tmp_path, "drnas", 0, 90.0, score="benchmark/test_acc")
    make(tmp_path, "spos", 0, 0.5)
    Results(tmp_path, [(n, None, n) for n in ("drnas", "spos")], seeds=1).write_and_show()
    assert (tmp_path / "anytime.png").is_file()
    assert "| spos |" in (tmp_path / "table.md").read_text()


def test_of_perplexity_less_is_drawn_as_better(tmp_path):
    make(tmp_path, "gpt", 0, 3.0, score="loss")
    curve = [{"seconds": 1.0, "perplexity": 20.0}, {"seconds": 2.0, "perplexity": 30.0}]
    write_table(tmp_path / "gpt" / "seed0" / "argmax" / "curve.csv", curve)
    with patch("tangle.cli.compare_results.draw_anytime", wraps=draw_anytime) as drawn:
        Results(tmp_path, [("gpt", None, "gpt")], seeds=1).write_and_show()
    assert drawn.call_args.args[1] == "validation perplexity"
    assert not drawn.call_args.kwargs["larger_is_better"]
