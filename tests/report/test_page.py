import re
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import save_file

from tangle.core.table import write_table
from tangle.report.page import build, write
from tangle.report.run import Run


def make_run(folder, algorithm="DrNAS", seed=0, accuracy=0.5):
    folder.mkdir(parents=True)
    model = {"init_args": {"algorithm": {"class_path": f"tangle.algorithms.{algorithm}"}}}
    config = {"seed_everything": seed, "model": model, "note": "<b>mine</b>"}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    found = {"architecture": {"w": 8}, "space": "abc", "provenance": {"epochs": 2}}
    (folder / "architecture.yaml").write_text(yaml.safe_dump(found))
    (folder / "test.yaml").write_text("test/best/accuracy: 0.75\n")
    row = {"epoch": 0, "seconds": 2.0, "val/best/accuracy": accuracy, "parameters": 1200}
    write_table(folder / "anytime.csv", [row, {**row, "epoch": 1, "seconds": 4.0}])
    weights = [{"update": u, "w=4": 0.5 - u / 10, "w=8": 0.5 + u / 10} for u in range(3)]
    write_table(folder / "arch_weights.csv", weights)
    health = {"epoch": 0, "entropy": 0.9, "margin": 0.1, "relaxed_loss": 1.0, "discrete_loss": 2.0}
    finding = "all decisions are smallest: try a < b"
    write_table(folder / "health.csv", [{**health, "findings": finding}] * 2)
    write_table(folder / "csv" / "version_0" / "metrics.csv", [{"epoch": 0, "train/loss": 2.3}])
    write_table(folder / "comparison.csv", [{"name": "found", "accuracy": 0.81234, "macs": 5000}])
    write_table(folder / "selection" / "tpe" / "pareto.csv", [{"accuracy": 0.4, "params": 77}])
    (folder / "subnet").mkdir()
    save_file({"a.weight": torch.zeros(2, 3)}, folder / "subnet" / "weights.safetensors")
    return Run(folder)


def test_a_page_tells_what_was_decided_when_and_how_good_it_is(tmp_path):
    page, pictures = build([make_run(tmp_path / "run")])
    names = ["network", "arch_weights", "anytime", "losses", "certainty"]
    assert [picture.name for picture in pictures] == names
    for text in ("DrNAS", "<td>w</td><td>8</td>", "1,200", "0.8123", "5,000", "0.75",
                 "Pareto front of the second stage (tpe)", "seed_everything: 0"):  # fmt: skip
        assert text in page


def test_a_page_needs_nothing_but_itself(tmp_path):
    page, _ = build([make_run(tmp_path / "run")])
    sources = re.findall(r'(?:src|href)="([^"#]*)"|url\(([^)#]*)\)', page)
    assert {a or b for a, b in sources} - {"data:,", ""} == set()
    assert "<script" not in page
    assert set(re.findall(r"https?://[\w.]+", page)) <= {"http://www.w3.org"}


def test_what_looked_wrong_is_told_once_and_text_stays_text(tmp_path):
    page, _ = build([make_run(tmp_path / "run")])
    assert page.count("<li>all decisions are smallest: try a &lt; b</li>") == 1
    assert "<b>mine</b>" not in page


def test_a_page_about_the_folder_that_one_is_in_has_its_name(tmp_path, monkeypatch):
    make_run(tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    assert "<title>tangle: mine</title>" in build([Run(Path())])[0]


def test_a_run_that_finished_no_epoch_takes_no_score_from_another(tmp_path):
    runs = [make_run(tmp_path / str(i), accuracy=0.5 + i / 10) for i in range(3)]
    (tmp_path / "0" / "anytime.csv").unlink()
    page, _ = build([Run(run.path) for run in runs])
    assert "<td>DrNAS</td><td>3</td><td>0.65 ± 0.07071</td>" in page


def test_a_score_that_became_infinite_is_shown(tmp_path):
    runs = [make_run(tmp_path / str(i), accuracy=score) for i, score in enumerate((1.0, "inf"))]
    assert "<td>inf ± nan</td>" in build(runs)[0]


def test_dollar_signs_are_no_formula(tmp_path):
    run = make_run(tmp_path / "run", algorithm=r"$\frac$")
    other = make_run(tmp_path / "other")
    assert r">$\frac$</text>" in build([run, other])[0]


def test_several_runs_are_told_together(tmp_path):
    runs = [make_run(tmp_path / str(i), seed=i, accuracy=0.5 + i / 10) for i in range(2)]
    other = make_run(tmp_path / "other", "DARTS")
    page, pictures = build([*runs, other])
    assert "<td>DrNAS</td><td>2</td><td>0.55 ± 0.07071</td><td>0.75 ± 0</td><td>4 ± 0</td>" in page
    assert "<td>DARTS</td><td>1</td><td>0.5</td><td>0.75</td><td>4</td>" in page
    assert pictures[0].name == "overview"
    assert len({picture.name for picture in pictures}) == len(pictures)


def test_a_run_that_has_only_begun_is_told_too(tmp_path):
    (tmp_path / "config.yaml").write_text("model: null\n")
    page, pictures = build([Run(tmp_path)])
    assert "unknown" in page
    assert not pictures


def test_a_run_without_an_epoch_says_so(tmp_path):
    (tmp_path / "config.yaml").write_text("seed_everything: 1\n")
    page, _ = build([Run(tmp_path)])
    assert "<li>the run has not finished an epoch, so there is nothing to see yet</li>" in page
    page, _ = build([make_run(tmp_path / "run")])
    assert "not finished an epoch" not in page


def test_the_choice_of_a_second_stage_is_told(tmp_path):
    run = make_run(tmp_path / "run")
    found = {"architecture": {"w": 4}, "provenance": {"metrics": {"accuracy": 0.61234567}}}
    path = run.path / "selection" / "evolution" / "architecture.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(found))
    page, _ = build([run])
    assert "The best of the second stage (evolution)" in page
    assert "<td>accuracy</td><td>0.6123</td>" in page
    assert "<td>w</td><td>4</td>" in page


def test_the_mean_is_over_the_runs_that_have_scores(tmp_path):
    runs = [make_run(tmp_path / str(i), seed=i, accuracy=0.5 + i / 10) for i in range(2)]
    begun = tmp_path / "begun"
    begun.mkdir()
    (begun / "config.yaml").write_text((runs[0].path / "config.yaml").read_text())
    page, _ = build([Run(begun), *runs])
    assert "0.55 ± 0.07071" in page


def test_scores_of_different_names_are_no_mean(tmp_path):
    runs = [make_run(tmp_path / str(i), accuracy=0.5) for i in range(2)]
    table = (tmp_path / "1" / "anytime.csv").read_text().replace("accuracy", "perplexity")
    (tmp_path / "1" / "anytime.csv").write_text(table.replace("0.5", "30"))
    page, _ = build([Run(run.path) for run in runs])
    header = "<th>val/best/accuracy, last epoch</th><th>val/best/perplexity, last epoch</th>"
    assert header in page
    assert "<td>DrNAS</td><td>2</td><td>0.5</td><td>30</td><td>0.75 ± 0</td><td>4 ± 0</td>" in page


def test_figures_are_files_too(tmp_path):
    write(tmp_path / "page.html", [make_run(tmp_path / "run")], tmp_path / "figures")
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")
    assert len(list((tmp_path / "figures").glob("*.svg"))) == 5


@pytest.mark.parametrize("text", ["0.81234", "5000"])
def test_numbers_are_short(text, tmp_path):
    page, _ = build([make_run(tmp_path / "run")])
    assert f"<td>{text}</td>" not in page
