"""A run's folder becomes network and data again, or says what it lacks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
import yaml

from tangle.cli.main import main
from tangle.cli.run import Run, make_data, network_config, read_config, subnet_config
from tangle.cli.run_folder import RunFolder
from tangle.modules import SearchModule, SubnetModule

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "tests" / "planted.yaml")


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "search"
    main(["fit", "-c", CONFIG, "--run", str(folder), "--seed_everything", "3"])
    return folder


def test_a_search_comes_back(search: Path) -> None:
    run = Run.load(search)
    assert isinstance(run.module, SearchModule)
    assert run.epochs == 2
    state = torch.load(search / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    torch.testing.assert_close(dict(run.module.state_dict()), dict(state))


def test_the_checkpoint_before_stands_for_a_damaged_one(search: Path, tmp_path: Path) -> None:
    shutil.copytree(search, tmp_path / "run")
    last = tmp_path / "run" / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[:1000])
    assert Run.load(tmp_path / "run").epochs == 1  # of two


def test_data_follow_the_seed_of_the_run(search: Path) -> None:
    assert Run.load(search).data().seed == 3
    config = read_config(RunFolder(search))
    config["data"]["init_args"]["seed"] = 5
    assert make_data(config).seed == 5


def test_a_training_comes_back_without_the_search_it_began_with(
    search: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "search"
    (copied / "checkpoints").mkdir(parents=True)
    for name in ("config.yaml", "architecture.yaml", "checkpoints/last.ckpt"):
        (copied / name).write_bytes((search / name).read_bytes())
    trained = tmp_path / "trained"
    assert main(["fit", "--search", str(copied), "--run", str(trained)]) == 0
    (copied / "checkpoints" / "last.ckpt").unlink()
    (copied / "architecture.yaml").unlink()
    run = Run.load(trained)
    assert isinstance(run.module, SubnetModule)
    state = torch.load(trained / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    torch.testing.assert_close(dict(run.module.state_dict()), dict(state))


def test_a_run_without_a_finished_epoch_is_refused(search: Path, tmp_path: Path) -> None:
    checkpoint = torch.load(search / "checkpoints" / "last.ckpt", weights_only=True)
    checkpoint["loops"]["fit_loop"]["epoch_progress"]["total"]["processed"] = 0
    (tmp_path / "checkpoints").mkdir()
    torch.save(checkpoint, tmp_path / "checkpoints" / "last.ckpt")
    (tmp_path / "config.yaml").write_text((search / "config.yaml").read_text())
    with pytest.raises(ValueError, match=r"has not finished an epoch.*--resume goes on"):
        Run.load(tmp_path)


def test_what_is_no_run_is_refused(search: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"holds no run, as .*config\.yaml does not exist"):
        Run.load(tmp_path)
    (tmp_path / "config.yaml").write_text((search / "config.yaml").read_text())
    with pytest.raises(FileNotFoundError, match=r"holds no weights, as .*last\.ckpt"):
        Run.load(tmp_path)


def test_a_network_s_configuration_is_the_search_s_with_another_module(search: Path) -> None:
    config = read_config(RunFolder(search))
    found = network_config(RunFolder(search), None)
    options, given = found["model"]["init_args"], config["model"]["init_args"]
    assert found["model"]["class_path"] == "tangle.modules.SubnetModule"
    assert options["architecture"] == str(search / "architecture.yaml")
    assert options["checkpoint"] == str(search / "checkpoints" / "last.ckpt")
    assert options["optimizer"] == given["weight_optimizer"]
    assert (options["net"], options["task"]) == (given["net"], given["task"])
    assert found["data"] == config["data"]
    again = subnet_config(found, architecture="largest", checkpoint=None)["model"]["init_args"]
    assert again == {**options, "architecture": "largest", "checkpoint": None}


def test_callbacks_of_the_search_stay_with_it(search: Path) -> None:
    config = read_config(RunFolder(search))
    config["trainer"]["callbacks"] = [{"class_path": "tangle.callbacks.ProgressiveShrinking"}]
    found = subnet_config(config, architecture="largest", checkpoint=None)
    assert found["trainer"]["callbacks"] is None
    assert found["trainer"]["max_epochs"] == 2


def test_a_search_that_names_no_architecture_needs_one(search: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text((search / "config.yaml").read_text())
    with pytest.raises(ValueError, match="names no best architecture: give one by --arch"):
        network_config(RunFolder(tmp_path), None)


def test_one_network_has_one_architecture(search: Path, tmp_path: Path) -> None:
    config = network_config(RunFolder(search), None)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(ValueError, match="holds the weights of one network: leave out --arch"):
        network_config(RunFolder(tmp_path), "largest")
