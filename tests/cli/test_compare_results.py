import yaml

from tangle.cli.compare_results import Results
from tangle.core.table import read_table, write_table


def make(out, search, seed, accuracy, sampler="argmax"):
    folder = out / search / f"seed{seed}"
    (folder / sampler).mkdir(parents=True, exist_ok=True)
    (folder / "search").mkdir(exist_ok=True)
    row = {"method": search, "seed": seed, "accuracy": accuracy, "seconds": 2.0}
    (folder / sampler / "result.yaml").write_text(yaml.safe_dump(row))
    (folder / "search" / "config.yaml").write_text("seed_everything: 0\n")
    write_table(folder / "search" / "anytime.csv", [{"seconds": 1.0, "val/best/accuracy": 0.5}])


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


def test_without_results_nothing_is_written(tmp_path):
    Results(tmp_path, [("drnas", None, "drnas")], seeds=1).write_and_show()
    assert list(tmp_path.iterdir()) == []
