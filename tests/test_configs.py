"""Every shipped configuration runs a batch of everything."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tangle.cli.main import main

CONFIGS = Path(__file__).parents[1] / "lightning_configs"
ALGORITHMS = sorted((CONFIGS / "algorithms").glob("*.yaml"))


def fit(*files: Path, run: Path, options: Sequence[str] = ()) -> int:
    layers = [word for file in files for word in ("-c", str(file))]
    debug = ["-c", str(CONFIGS / "trainer" / "debug.yaml"), "--trainer.detect_anomaly", "false"]
    return main(["fit", *layers, *debug, *options, "--run", str(run)])


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda path: path.stem)
def test_the_quickstart_runs_with_every_algorithm(algorithm, tmp_path):
    assert fit(CONFIGS / "quickstart.yaml", algorithm, run=tmp_path / "run") == 0


def test_the_quickstart_runs_as_it_is(tmp_path):
    assert fit(CONFIGS / "quickstart.yaml", run=tmp_path / "run") == 0


@pytest.mark.parametrize("data", sorted((CONFIGS / "data").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_quickstart_runs_with_every_data_set(data, tmp_path):
    assert fit(CONFIGS / "quickstart.yaml", data, run=tmp_path / "run") == 0


NET = "--model.init_args.net.init_args"
CELL_SPACES = {
    "toy_cell": [],
    "toy_cell_short": ["--data.init_args.val_fraction", "0.5"],  # of the embedded images
    "nasbench201": [
        f"{NET}.in_channels",
        "1",
        f"{NET}.channels",
        "[4, 8]",
        f"{NET}.num_cells",
        "1",
    ],
    "darts": [f"{NET}.in_channels", "1", f"{NET}.channels", "2", f"{NET}.num_cells", "3"],
}


@pytest.mark.parametrize("entangle", ["true", "false"])
@pytest.mark.parametrize("space", CELL_SPACES)
def test_cell_spaces_run_entangled_and_not(space, entangle, tmp_path):
    options = [*CELL_SPACES[space], "--data.init_args.batch_size", "8", f"{NET}.entangle", entangle]
    files = CONFIGS / "data" / "fashion_mnist.yaml", CONFIGS / "algorithms" / "drnas.yaml"
    layers = files if space != "toy_cell_short" else files[1:]
    config = CONFIGS / "spaces" / f"{space}.yaml"
    assert fit(config, *layers, run=tmp_path / "run", options=options) == 0
