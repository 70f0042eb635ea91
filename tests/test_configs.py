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


OURS = {"inherit", "finetune", "retrain", "transfer", "ema", "distill"}
TRAINING = [
    pytest.param(path, id=path.stem, marks=() if path.stem in OURS else pytest.mark.slow)
    for path in sorted((CONFIGS / "train").glob("*.yaml"))
]  # the papers' differ in their numbers, which test_readme.py reads
NEEDS = {"distill": "finetune"}  # which it goes over


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    """A short search by the quickstart, with few channels."""
    run = tmp_path_factory.mktemp("train") / "search"
    options = {
        "trainer.max_epochs": 1, "trainer.limit_train_batches": 1, "trainer.limit_val_batches": 1,
        "model.arch_warmup": 0.0, "model.net.channels": [[2, 4]] * 4,
    }  # fmt: skip
    words = [f"--{name}={value}" for name, value in options.items()]
    assert main(["fit", "-c", str(CONFIGS / "quickstart.yaml"), "--run", str(run), *words]) == 0
    return run


@pytest.mark.parametrize("training", TRAINING)
def test_every_training_recipe_runs_on_what_a_search_found(training, search, tmp_path):
    if training.stem == "inherit":
        assert main(["test", "--run", str(search), "-c", str(training)]) == 0
        return
    below = NEEDS.get(training.stem)
    files = [] if below is None else ["-c", str(CONFIGS / "train" / f"{below}.yaml")]
    files += ["-c", str(training), "-c", str(CONFIGS / "trainer" / "debug.yaml")]
    words = ["--trainer.detect_anomaly", "false", "--run", str(tmp_path / "run")]
    assert main(["fit", "--search", str(search), *files, *words]) == 0
