"""Every shipped configuration runs a batch of everything."""

from pathlib import Path

import pytest

from tangle.cli.main import main

CONFIGS = Path(__file__).parents[1] / "lightning_configs"
ALGORITHMS = sorted((CONFIGS / "algorithms").glob("*.yaml"))


def fit(*files: Path, run: Path) -> int:
    layers = [word for file in files for word in ("-c", str(file))]
    debug = ["-c", str(CONFIGS / "trainer" / "debug.yaml")]
    return main(["fit", *layers, *debug, "--run", str(run), "--trainer.detect_anomaly", "false"])


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda path: path.stem)
def test_the_quickstart_runs_with_every_algorithm(algorithm, tmp_path):
    assert fit(CONFIGS / "quickstart.yaml", algorithm, run=tmp_path / "run") == 0


def test_the_quickstart_runs_as_it_is(tmp_path):
    assert fit(CONFIGS / "quickstart.yaml", run=tmp_path / "run") == 0


@pytest.mark.parametrize("data", sorted((CONFIGS / "data").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_quickstart_runs_with_every_data_set(data, tmp_path):
    assert fit(CONFIGS / "quickstart.yaml", data, run=tmp_path / "run") == 0


def test_the_quickstart_keeps_to_a_budget(tmp_path):
    assert fit(CONFIGS / "quickstart.yaml", CONFIGS / "budget.yaml", run=tmp_path / "run") == 0
