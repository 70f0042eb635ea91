"""A trained supernet's order is compared with that of training, and a kill costs one training."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tangle.cli import rank_study
from tangle.cli.alone import alone
from tangle.cli.main import main
from tangle.core.table import read_table

PLANTED = Path(__file__).parents[1] / "planted.yaml"


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    """A trained supernet of four widths."""
    folder = tmp_path_factory.mktemp("rank")
    content = yaml.safe_load(PLANTED.read_text())
    init = content["model"]["init_args"]
    init["net"]["init_args"] = {"between": [2, 4]}
    init["algorithm"] = {"class_path": "SPOS"}
    del init["arch_optimizer"]
    content["trainer"]["max_epochs"] = 4
    (folder / "planted.yaml").write_text(yaml.safe_dump(content))
    run = folder / "search"
    assert main(["fit", "-c", str(folder / "planted.yaml"), "--run", str(run)]) == 0
    return run


def test_a_killed_study_goes_on_and_tells_its_correlation(search, tmp_path, monkeypatch, capsys):
    out = tmp_path / "rank"
    words = ["rank", str(search), "--architectures", "2", "--arch", "largest", "--epochs", "2",
             "--out", str(out)]  # fmt: skip
    trained: list[Path] = []
    train = rank_study.retrained

    def once(*arguments, **options):
        if len(trained) == 1:
            raise KeyboardInterrupt
        trained.append(arguments[2])
        return train(*arguments, **options)

    monkeypatch.setattr(rank_study, "retrained", once)
    with pytest.raises(SystemExit):
        main(words)
    assert len(read_table(out / "rank.csv")) == 1

    with alone(out, "--out"):
        assert main(words) == 2
    assert "another process is at work" in capsys.readouterr().err

    trained.clear()
    monkeypatch.setattr(
        rank_study, "retrained", lambda *a, **o: (trained.append(a[2]), train(*a, **o))[1]
    )
    capsys.readouterr()
    assert main(words) == 0
    assert len(trained) == 2
    said = capsys.readouterr().out
    assert "over 3 architectures" in said
    table = read_table(out / "rank.csv")
    assert len({row["width"] for row in table}) == 3
    assert table[0]["width"] == "8"
    assert all(0 <= float(row["retrained_accuracy"]) <= 1 for row in table)
    assert yaml.safe_load((out / "rank.yaml").read_text())["tau"]["count"] == 3
    assert (out / "rank.png").is_file()

    assert main([*words[:-4], "--epochs", "3", "--out", str(out)]) == 2
    assert "another supernet, seed or number of epochs" in capsys.readouterr().err


def test_a_training_that_is_stopped_stops_the_study(search, tmp_path, monkeypatch, capsys):
    def stop(*arguments, **options):
        raise SystemExit(143)  # as Lightning does when it is interrupted, and a job that must end

    monkeypatch.setattr(rank_study, "retrained", stop)
    with pytest.raises(SystemExit) as left:
        main(["rank", str(search), "--architectures", "3", "--out", str(tmp_path / "rank")])
    assert left.value.code == 143
    assert "Stopped; the same command goes on from here." in capsys.readouterr().out


def test_a_training_that_fails_is_left_out_told_and_tried_again(
    search, tmp_path, monkeypatch, capsys
):
    out = tmp_path / "rank"
    words = ["rank", str(search), "--architectures", "4", "--epochs", "1", "--out", str(out)]
    tried: list[str] = []

    def pretend(run, file, folder, epochs, *, seed):
        tried.append(folder.name)
        if len(tried) == 2:
            raise FloatingPointError("the loss is nan")
        return {"accuracy": len(tried) / 10}

    monkeypatch.setattr(rank_study, "retrained", pretend)
    assert main(words) == 2
    told = capsys.readouterr()
    assert "over 3 architectures" in told.out
    message = "1 of 4 trainings failed, and are left out; the same command tries them again: "
    assert f"{message}{tried[1]} (the loss is nan; see " in told.err
    assert "FloatingPointError" in (out / "architectures" / tried[1] / "log.txt").read_text()
    assert main(words) == 0
    assert tried[4:] == [tried[1]]
    assert len(read_table(out / "rank.csv")) == 4


def test_mistakes_are_told_in_one_line(search, tmp_path, capsys):
    for words, message in (
        ([str(tmp_path / "none")], "holds no trained supernet"),
        ([str(search), "--architectures", "2"], "needs at least 3 architectures"),
        ([str(search), "--architectures", "5"], "the space has only 4"),
        ([str(search), "--epochs", "0"], "--epochs is 0"),
        ([str(search), "--seed", "-1"], "--seed is -1"),
        ([str(search), "--architectures", "3", "--arch", "none.yaml"], "none.yaml"),
        ([str(search), "--architectures", "3", "--out", str(PLANTED)], "which is a file"),
    ):
        assert main(["rank", *words]) == 2
        assert message in capsys.readouterr().err
