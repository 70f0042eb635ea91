"""Several runs together: what is comparable is compared, and nothing else."""

from pathlib import Path

import yaml

from tangle.core.table import write_table
from tangle.report.run import Run
from tangle.report.side_by_side import overview, summary


def make_run(
    folder: Path, algorithm: str, value: float | str, score: str = "val/best/accuracy"
) -> Run:
    folder.mkdir(parents=True)
    model = {"init_args": {"algorithm": {"class_path": f"tangle.algorithms.{algorithm}"}}}
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": model}))
    write_table(folder / "anytime.csv", [{"epoch": 0, "seconds": 2.0, score: value}])
    return Run(folder)


def choose(run: Run, sampler: str, metrics: dict[str, float]) -> None:
    path = run.path / "selection" / sampler / "architecture.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump({"provenance": {"metrics": metrics}}))


def test_runs_of_one_score_are_drawn_beside_one_of_another(tmp_path):
    runs = [
        make_run(tmp_path / "a", "DrNAS", 0.5),
        make_run(tmp_path / "b", "SPOS", 0.7, "val/largest/accuracy"),
        make_run(tmp_path / "c", "DARTS", 0.6),
    ]
    ((title, figure),) = overview(runs)
    assert title == "Runs over time: mean and range over seeds"
    assert {line.get_label() for line in figure.axes[0].get_lines()} == {"DrNAS", "DARTS"}


def test_each_shared_score_has_a_figure_with_its_name(tmp_path):
    scores = ("val/best/accuracy", "val/best/perplexity")
    runs = [make_run(tmp_path / f"{s[9:]}{i}", "GDAS", 0.5, s) for s in scores for i in range(2)]
    assert [title.rpartition(", ")[2] for title, _ in overview(runs)] == list(scores)


def test_nothing_is_drawn_of_runs_that_have_no_score_in_common(tmp_path):
    runs = [make_run(tmp_path / "a", "GDAS", 1), make_run(tmp_path / "b", "GDAS", 1, "val/x/loss")]
    assert list(overview(runs)) == []


def test_the_choice_of_second_stages_has_a_column(tmp_path):
    runs = [make_run(tmp_path / name, "SPOS", 0.5) for name in ("a", "b")]
    other = make_run(tmp_path / "c", "DrNAS", 0.25)
    choose(runs[0], "random", {"accuracy": 0.5, "loss": 1.0})
    choose(runs[0], "evolution", {"accuracy": 0.6, "loss": 0.9})
    choose(runs[1], "evolution", {"accuracy": 0.8})
    header, spos, drnas = summary([*runs, other])
    assert header[2:4] == ["val/best/accuracy, last epoch", "accuracy, second stage"]
    assert spos == ["SPOS", "2", "0.5 ± 0", "0.7 ± 0.1414", "2 ± 0", ""]
    assert drnas == ["DrNAS", "1", "0.25", "", "2", ""]


def test_the_least_perplexity_is_the_best_choice(tmp_path):
    run = make_run(tmp_path / "a", "SPOS", 9.0, "val/largest/perplexity")
    choose(run, "random", {"perplexity": 8.0})
    choose(run, "tpe", {"perplexity": 7.0})
    assert summary([run])[1][3] == "7"


def test_what_was_tested_has_a_column(tmp_path):
    search = make_run(tmp_path / "a", "GDAS", 0.5)
    trained = tmp_path / "b"
    trained.mkdir()
    (trained / "config.yaml").write_text("model: {class_path: tangle.modules.SubnetModule}\n")
    (trained / "test.yaml").write_text("test/accuracy: 0.875\ntest/loss: 0.5\n")
    header, _, row = summary([search, Run(trained)])
    assert header[2:4] == ["val/best/accuracy, last epoch", "test/accuracy"]
    assert row == ["SubnetModule", "1", "", "0.875", "", ""]
