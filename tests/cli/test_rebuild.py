"""A run is rebuilt as it was trained, or refused for what is amiss."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
import yaml

from tangle.cli.rebuild import rebuild
from tangle.cli.run_folder import RunFolder
from tangle.modules import SearchModule
from tests.cli.supernets import train_conv_macro


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_conv_macro(tmp_path_factory.mktemp("runs") / "spos", "--seed_everything", "3")


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path / "run"


def edit(run: Path, path: str, value: object) -> None:
    content = yaml.safe_load((run / "config.yaml").read_text())
    *keys, last = path.split(".")
    part = content
    for key in keys:
        part = part[key]
    part[last] = value
    (run / "config.yaml").write_text(yaml.safe_dump(content))


def test_weights_and_split_are_those_of_training(run):
    module, data = rebuild(RunFolder(run))
    theirs = SearchModule.load_from_checkpoint(run / "checkpoints" / "last.ckpt")
    torch.testing.assert_close(module.state_dict(), theirs.state_dict(), rtol=0, atol=0)
    assert module.search_step == theirs.search_step == 3
    assert data.seed == 3  # 0 in the configuration, and so that of the run


def test_a_seed_of_the_data_stays(run):
    edit(run, "data.init_args.seed", 5)
    assert rebuild(RunFolder(run))[1].seed == 5
    edit(run, "data.init_args.seed", 0)
    edit(run, "seed_everything", True)
    assert rebuild(RunFolder(run))[1].seed == 0


def test_another_space_than_the_checkpoints_is_refused(run):
    edit(run, "model.init_args.net.init_args.channels", [[2, 8]] * 4)
    with pytest.raises(ValueError, match=r"last.ckpt: The checkpoint belongs to the search space"):
        rebuild(RunFolder(run))


def test_a_missing_checkpoint_or_configuration_is_refused(run):
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(FileNotFoundError, match=r"no trained supernet, as .*last.ckpt does not"):
        rebuild(RunFolder(run))
    (run / "config.yaml").unlink()
    with pytest.raises(FileNotFoundError, match=r"config.yaml does not exist: give the folder"):
        rebuild(RunFolder(run))


def test_the_checkpoint_before_stands_for_a_damaged_one(run):
    last, previous = (run / "checkpoints" / f"{name}.ckpt" for name in ("last", "previous"))
    shutil.copy(last, previous)
    last.write_bytes(last.read_bytes()[:1000])
    assert rebuild(RunFolder(run))[0].search_step == 3
    previous.unlink()
    with pytest.raises(ValueError, match="is damaged, and there is no whole checkpoint beside it"):
        rebuild(RunFolder(run))


def test_an_untrained_supernet_is_refused(run):
    path = run / "checkpoints" / "last.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    checkpoint["tangle_search"]["step"] = 0
    torch.save(checkpoint, path)
    with pytest.raises(ValueError, match="has not been trained for a single update: go on by"):
        rebuild(RunFolder(run))


def test_a_run_of_a_subnet_is_refused(run):
    content = yaml.safe_load((run / "config.yaml").read_text())
    options = content["model"]["init_args"]
    content["model"] = {
        "class_path": "tangle.modules.SubnetModule",
        "init_args": {
            "net": options["net"],
            "task": options["task"],
            "architecture": "smallest",
            "optimizer": options["weight_optimizer"],
        },
    }
    (run / "config.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match="holds no supernet, but a SubnetModule"):
        rebuild(RunFolder(run))
