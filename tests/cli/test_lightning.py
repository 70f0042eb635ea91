"""The verbs from the command line to the files of a run, a kill, and every mistake by its text."""

from __future__ import annotations

import csv
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
import yaml
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.utilities import rank_zero_only
from safetensors.torch import load_file

from tangle.cli.alone import alone
from tangle.cli.main import main
from tangle.cli.run_folder import RunFolder
from tangle.core import read_architecture_file
from tangle.modules import SearchModule, SubnetModule
from tests.planted import PlantedData, make_trainer

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "tests" / "planted.yaml")
ALGORITHMS = ROOT / "lightning_configs" / "algorithms"


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGLE_TRACEBACK", "1")
    monkeypatch.delenv("PL_GLOBAL_SEED", raising=False)


def _fit(folder: Path, *options: str) -> Path:
    assert main(["fit", "-c", CONFIG, "--run", str(folder), *options]) == 0
    return folder


def _state(folder: Path) -> dict[str, torch.Tensor]:
    path = folder / "checkpoints" / "last.ckpt"
    return torch.load(path, weights_only=True)["state_dict"]  # type: ignore[no-any-return]


def _anytime(folder: Path) -> list[dict[str, str]]:
    with (folder / "anytime.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _fit(tmp_path_factory.mktemp("runs") / "mine")


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A run of the test's own, as judging it leaves files in it."""
    shutil.copytree(trained, tmp_path / "mine")
    return tmp_path / "mine"


def test_a_run_leaves_what_the_help_promises(run: Path) -> None:
    names = {path.name for path in run.iterdir()}
    assert names == {
        "config.yaml", "architecture.yaml", "subnet", "anytime.csv", "arch_weights.csv",
        "arch_weights.png", "checkpoints", "csv", "health.csv", "tensorboard",
    }  # fmt: skip
    with (run / "csv" / "version_0" / "metrics.csv").open() as file:
        columns = next(csv.reader(file))
    assert {"train/loss", "arch/loss", "val/best/accuracy", "train/lr"} <= set(columns)
    assert list((run / "tensorboard").glob("events.*"))


def test_loggers_are_told_the_configuration_of_model_data_and_the_seed(run: Path) -> None:
    told = yaml.safe_load((run / "csv" / "version_0" / "hparams.yaml").read_text())
    assert told["algorithm"]["class_path"].endswith("DrNAS")
    assert told["data"]["class_path"].endswith("PlantedData")
    assert told["seed_everything"] == 0


def test_its_configuration_repeats_it(run: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    main(["fit", "-c", str(run / "config.yaml"), "--run", str(again)])
    torch.testing.assert_close(_state(again), _state(run), rtol=0, atol=0)
    assert (again / "config.yaml").read_text() == (run / "config.yaml").read_text()


def test_one_seed_decides_everything(run: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    _fit(one, "--trainer.max_epochs", "1")
    main(["fit", "-c", str(one / "config.yaml"), "--run", str(other), "--seed_everything", "7"])
    assert (
        read_architecture_file(tmp_path / "other" / "architecture.yaml")["provenance"]["seed"] == 7
    )
    module = SearchModule.load_from_checkpoint(other / "checkpoints" / "last.ckpt")
    assert module.algorithm.seed == 7
    assert not torch.equal(*(_state(f)["supernet.net.layers.0.weight"] for f in (one, other)))


def test_a_seed_of_its_own_is_kept(tmp_path: Path) -> None:
    _fit(tmp_path, "--seed_everything", "7", "--model.algorithm.seed", "3", "--data.seed", "5",
         "--trainer.max_epochs", "1")  # fmt: skip
    module = SearchModule.load_from_checkpoint(tmp_path / "checkpoints" / "last.ckpt")
    assert module.algorithm.seed == 3
    assert yaml.safe_load((tmp_path / "config.yaml").read_text())["data"]["init_args"]["seed"] == 5


def test_a_checkpoint_rebuilds_network_and_algorithm(run: Path) -> None:
    module = SearchModule.load_from_checkpoint(run / "checkpoints" / "last.ckpt")
    assert type(module.algorithm).__name__ == "DrNAS"
    torch.testing.assert_close(dict(module.state_dict()), dict(_state(run)), rtol=0, atol=0)
    metrics = make_trainer().validate(module, PlantedData(), verbose=False)[0]
    assert metrics["val/best/accuracy"] == pytest.approx(
        float(_anytime(run)[-1]["val/best/accuracy"])
    )


@pytest.mark.parametrize("verb", ["validate", "test"])
def test_a_run_is_judged_by_its_folder_alone(verb: str, run: Path) -> None:
    main([verb, "--run", str(run)])
    metrics = yaml.safe_load((run / f"{verb}.yaml").read_text())
    prefix = {"validate": "val", "test": "test"}[verb]
    assert set(metrics) == {f"{prefix}/best/accuracy", f"{prefix}/best/loss"}


def test_outputs_are_kept(run: Path) -> None:
    main(["predict", "--run", str(run)])
    assert load_file(run / "predictions.safetensors")["predictions"].shape == (96, 4)


@pytest.mark.parametrize("algorithm", ["darts", "drnas", "spos"])
def test_the_algorithm_is_one_file(algorithm: str, tmp_path: Path) -> None:
    _fit(tmp_path, "-c", str(ALGORITHMS / f"{algorithm}.yaml"), "--trainer.max_epochs", "1")
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())["model"]["init_args"]
    assert config["algorithm"]["class_path"].lower() == f"tangle.algorithms.{algorithm}"
    assert (tmp_path / "architecture.yaml").exists() == (algorithm != "spos")


def test_options_of_callbacks_have_short_names(tmp_path: Path) -> None:
    _fit(tmp_path, "--arch_logger.every_n_updates", "2", "--checkpoint.every_n_batches", "4")
    with (tmp_path / "arch_weights.csv").open() as file:
        assert [row["update"] for row in csv.DictReader(file)][:4] == ["0", "2", "4", "6"]


def test_callbacks_and_loggers_can_be_replaced(tmp_path: Path) -> None:
    _fit(
        tmp_path, "--trainer.logger", "false", "--trainer.max_epochs", "1",
        "--trainer.callbacks+=BatchCheckpoint", "--trainer.callbacks.every_n_batches=2",
        "--trainer.callbacks+=ModelSummary",
    )  # fmt: skip
    assert not (tmp_path / "csv").exists()
    assert (tmp_path / "checkpoints" / "last.ckpt").exists()


def test_checkpoints_can_be_switched_off(tmp_path: Path) -> None:
    _fit(tmp_path, "--trainer.enable_checkpointing", "false", "--trainer.max_epochs", "1")
    assert not (tmp_path / "checkpoints").exists()


def test_a_trial_run_leaves_nothing(tmp_path: Path) -> None:
    _fit(tmp_path, "-c", str(ROOT / "lightning_configs" / "trainer" / "debug.yaml"))
    assert list(tmp_path.iterdir()) == []


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    whole = _fit(tmp_path / "whole", "--trainer.max_epochs", "4")
    parts = _fit(tmp_path / "parts", "--trainer.max_epochs", "2")
    main(["fit", "--run", str(parts), "--resume", "--trainer.max_epochs", "4"])
    torch.testing.assert_close(_state(parts), _state(whole), rtol=0, atol=0)
    assert _anytime(parts) == _anytime(whole)


def test_resuming_a_run_that_is_done_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _fit(tmp_path, "--trainer.max_epochs", "1")
    main(["fit", "--run", str(tmp_path), "--resume"])
    assert "The run has had all of its 1 epochs: give more by --trainer.max_epochs" in _told(capsys)
    main(["fit", "--run", str(tmp_path), "--resume", "--trainer.max_epochs", "2"])
    assert "all of its" not in _told(capsys)


def _told(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


def test_overwriting_replaces_the_run(tmp_path: Path) -> None:
    _fit(tmp_path)
    (tmp_path / "mine.txt").write_text("stays")
    _fit(tmp_path, "--overwrite", "--trainer.max_epochs", "1", "--model.algorithm", "SPOS",
         "--model.arch_optimizer", "null")  # fmt: skip
    assert not (tmp_path / "architecture.yaml").exists()
    assert (tmp_path / "mine.txt").exists()
    assert not (tmp_path / ".former").exists()
    assert len(_anytime(tmp_path)) == 1


def test_what_is_refused_before_training_leaves_the_former_run(tmp_path: Path) -> None:
    _fit(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    wrong = ["--data.arch_fraction", "0"]  # without which DrNAS has nothing to learn from
    for how in (["-c", CONFIG, "--overwrite"], ["--resume", "--trainer.max_epochs", "4"]):
        with pytest.raises(ValueError, match="arch"):
            main(["fit", "--run", str(tmp_path), *how, *wrong])
        kept = {path: path.read_bytes() for path in before if path.is_file()}
        assert kept == before
    assert not (tmp_path / ".former").exists()


def test_the_network_found_is_trained_by_the_same_verb(run: Path, tmp_path: Path) -> None:
    config = yaml.safe_load((ROOT / "tests" / "planted.yaml").read_text())
    searched = config["model"]["init_args"]
    config["model"] = {
        "class_path": "SubnetModule",
        "init_args": {
            "net": searched["net"],
            "task": searched["task"],
            "architecture": str(run / "architecture.yaml"),
            "checkpoint": str(run / "checkpoints" / "last.ckpt"),
            "optimizer": searched["weight_optimizer"],
        },
    }
    (tmp_path / "train.yaml").write_text(yaml.safe_dump(config))
    folder = tmp_path / "trained"
    main(
        ["fit", "-c", str(tmp_path / "train.yaml"), "--data.arch_fraction=0", "--run", str(folder)]
    )
    main(["test", "--run", str(folder)])
    assert set(yaml.safe_load((folder / "test.yaml").read_text())) == {"test/accuracy", "test/loss"}
    module = SubnetModule.load_from_checkpoint(folder / "checkpoints" / "last.ckpt")
    assert module.net.layers[0].out_features == 8


def test_any_architecture_is_judged_with_the_weights_of_a_search(run: Path) -> None:
    for arch in ("largest", str(run / "architecture.yaml")):
        main(["test", "--run", str(run), "--arch", arch])
    main(["test", "--run", str(run)])
    judged = yaml.safe_load((run / "judged" / "architecture" / "test.yaml").read_text())
    found = yaml.safe_load((run / "test.yaml").read_text())
    assert judged["test/accuracy"] == found["test/best/accuracy"]
    assert (run / "judged" / "largest" / "test.yaml").is_file()


def test_what_a_search_found_is_trained_by_naming_the_search(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "trained"
    options = ["--data.arch_fraction=0", "--model.checkpoint=null"]
    main(["fit", "--search", str(run), "--run", str(folder), *options])
    config = yaml.safe_load((folder / "config.yaml").read_text())["model"]["init_args"]
    assert config["checkpoint"] is None
    assert config["architecture"] == str(run / "architecture.yaml")
    assert (folder / "architecture.yaml").is_file()
    main(["fit", "--run", str(folder), "--resume", "--trainer.max_epochs", "3"])
    main(["test", "--run", str(folder)])
    assert (folder / "test.yaml").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["test", "--search", "RUN"], "--search is for fit: give test the search by --run"),
        (["fit", "--arch", "largest", "--run", "NEW"], "--arch is largest, but --search is not"),
        (["fit", "--search", "RUN", "-c", CONFIG], "configures a search, but --search is given"),
        (["fit", "--search", "RUN", "--resume"], "--resume and --search contradict each other"),
        (["fit", "--search", "NEW", "--run", "NEW"], "holds no run, as "),
        (["test", "--run", "RUN", "--arch", "none"], "There is no architecture file none"),
        (["fit", "--search", "RUN", "--run", "NEW", "--data", "tests.cli.test_lightning.Wide"],
         "PlantedNet does not take the data, of which a batch has the shape [2, 5]"),
        (["fit", "--search", "RUN", "--run", "NEW", "--model.distillation", "2"],
         "distillation is 2.0: it must be in [0, 1]"),
        (["fit", "--search", "RUN", "--run", "NEW", "--model.new_head=true",
          "--model.checkpoint=null"], "new_head is true, but checkpoint is not given"),
    ],
)  # fmt: skip
def test_mistakes_about_what_a_search_found_are_told_in_one_line(
    arguments: list[str],
    message: str,
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("TANGLE_TRACEBACK")
    places = {"RUN": str(run), "NEW": str(tmp_path / "new")}
    assert main([places.get(word, word) for word in arguments]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("tangle: error: ")
    assert message in told
    assert not (tmp_path / "new" / "checkpoints").exists()


class Wide(PlantedData):
    """The planted problem with one input too many."""

    def train_dataloader(self) -> list[tuple[torch.Tensor, torch.Tensor]]:  # type: ignore[override]
        return [(torch.randn(2, 5), torch.zeros(2, dtype=torch.long))]


def _start(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tangle", "fit", "-c", CONFIG, "--run", str(folder), *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def _kill_when(process: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 240  # for a loaded machine
    while not condition():
        assert process.poll() is None, "the run ended by itself"
        assert time.monotonic() < end, "the run did not get there"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_run_killed_in_its_first_epoch_has_an_architecture_and_resumes(tmp_path: Path) -> None:
    process = _start(tmp_path, "--data.batches", "20000")
    _kill_when(process, (tmp_path / "checkpoints" / "last.ckpt").exists)
    assert read_architecture_file(tmp_path / "architecture.yaml")["provenance"]["epochs"] == 0
    main(["fit", "--run", str(tmp_path), "--resume", "--trainer.limit_train_batches", "4",
          "--trainer.limit_val_batches", "4"])  # fmt: skip
    assert [row["epoch"] for row in _anytime(tmp_path)] == ["0", "1"]


def test_a_killed_run_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    process = _start(killed, "--trainer.max_epochs", "100000", "--checkpoint.every_n_batches", "4")
    _kill_when(process, lambda: (killed / "anytime.csv").exists() and len(_anytime(killed)) > 2)
    done = read_architecture_file(killed / "architecture.yaml")["provenance"]["epochs"]
    assert done > 2
    epochs = str(done + 3)
    main(["fit", "--run", str(killed), "--resume", "--trainer.max_epochs", epochs])
    whole = _fit(tmp_path / "whole", "--trainer.max_epochs", epochs)
    torch.testing.assert_close(_state(killed), _state(whole), rtol=0, atol=0)
    assert _anytime(killed) == _anytime(whole)
    assert (killed / "arch_weights.csv").read_text() == (whole / "arch_weights.csv").read_text()


def test_a_run_whose_last_checkpoint_is_damaged_ends_as_an_uninterrupted_one(
    tmp_path: Path,
) -> None:
    whole = _fit(tmp_path / "whole", "--trainer.max_epochs", "3")
    damaged = _fit(tmp_path / "damaged", "--trainer.max_epochs", "2")
    last = damaged / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[:1000])
    main(["fit", "--run", str(damaged), "--resume", "--trainer.max_epochs", "3"])
    torch.testing.assert_close(_state(damaged), _state(whole), rtol=0, atol=0)
    assert _anytime(damaged) == _anytime(whole)


class PressedKeys(Callback):
    """Stops a run as by Ctrl-C."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_train_batch_start(self, trainer: Trainer, *_: object) -> None:
        if trainer.current_epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.fixture
def _keys() -> Iterator[None]:
    """Let Ctrl-C work again, which Lightning switches off when it is pressed."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_keys")
@pytest.mark.parametrize(
    ("epoch", "message"),
    [(0, "Stopped before the first update"), (1, "Stopped; this goes on from the last checkpoint")],
)
def test_a_run_that_is_stopped_by_a_key_tells_how_to_go_on(
    epoch: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pressed = ["--trainer.callbacks+=tests.cli.test_lightning.PressedKeys",
               f"--trainer.callbacks.epoch={epoch}"]  # fmt: skip
    with pytest.raises(SystemExit) as stop:
        _fit(tmp_path / "run", *pressed)
    assert stop.value.code == 130
    told = capsys.readouterr().err
    assert message in told
    assert (f"fit --run {tmp_path / 'run'} --resume" in told) == (epoch > 0)
    assert (tmp_path / "run" / "checkpoints").exists() == (epoch > 0)


def test_one_command_begins_a_run_and_goes_on_with_it(tmp_path: Path) -> None:
    for epochs in (1, 2):
        _fit(tmp_path / "run", "--resume", "auto", "--trainer.max_epochs", str(epochs))
        assert len(_anytime(tmp_path / "run")) == epochs


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_folder_that_takes_nothing_is_told_before_training(
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(path: Path, *args: object, **options: object) -> None:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.delenv("TANGLE_TRACEBACK")
    monkeypatch.setattr(Path, "touch", fail)
    assert main(["fit", "-c", CONFIG, "--run", str(tmp_path / "run")]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("tangle: error: ")
    assert os.strerror(code) in told
    assert "config.yaml" in told


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--trainer.max_epoch", "3"], "--trainer.max_epoch 3: did you mean --trainer.max_epochs?"),
        (["--batch_size", "3"], "did you mean --data.batch_size?"),
        (["--task.num_classes", "3"], "did you mean --model.task.num_classes?"),
        (["--trainer.max_epochs", "0"], "trainer.max_epochs is 0, by which nothing is trained"),
        (["--trainer.devices", "999"], "trainer.devices is 999, a process each, but this machine"),
        pytest.param(
            ["--trainer.accelerator", "gpu"],
            "trainer.accelerator is gpu, and there is none here",
            marks=pytest.mark.skipif(
                torch.cuda.is_available() or torch.backends.mps.is_available(),
                reason="there is one",
            ),
        ),
        (["--seed_everything", "-3"], "seed_everything is -3: it must be in [0, 4294967295]"),
        (["--run", CONFIG], "planted.yaml is a file: choose a folder"),
        (["-c", str(ALGORITHMS)], "is not a file"),
        (["--model.wight_clip", "3"], "SearchModule: Option 'wight_clip' is not accepted"),
        (["--model.net.wdth", "3"], "net: tests.planted.PlantedNet: Option 'wdth' is not accepted"),
        (["--trainer.max_epochs", "abc"], "trainer.max_epochs: expected int, given abc"),
        (["--trainer.precision", "17"], "trainer.precision: expected one of [64, 32, 16] or ["),
        (["--model.algorithm", "DRTS"], "neither a class nor a file DRTS: did you mean DARTS?"),
        (["--model.weight_optimizer", "Adamm"], "a file Adamm: did you mean Adam?"),
        (
            ["--model.algorithm", "SPOS"],
            "SPOS has no architecture parameters: remove arch_optimizer",
        ),
        (
            ["--model.arch_optimizer", "null"],
            "DrNAS has architecture parameters, but arch_optimizer",
        ),
        (["--model.accumulate", "0"], "accumulate is 0: it must be at least 1"),
        (["--trainer.gradient_clip_val", "1"], "use weight_clip and arch_clip of SearchModule"),
        (["--data.arch_fraction", "0"], "set the data's arch_fraction above 0"),
        (["--model.budget.max_params", "12"], "max_params is 12, but the architectures of this"),
        (["--model.budget.max_macs", "65"], "max_macs is 65, but the architectures of this"),
        (["--model.budget.max_macs=-1"], "budget.max_macs is -1: it must be at least 1"),
        (["--model.budget.max_parameters", "20"], "max_parameters"),
        (["--checkpoint.every_n_batches", "0"], "every_n_batches is 0: it must be above 0"),
        (["-c", "none.yaml"], "File does not exist: "),
        (["--resume"], "holds no run to resume"),
        (["--resume", "--overwrite"], "--resume and --overwrite contradict each other"),
    ],
)
def test_mistakes_are_told_in_one_line(
    options: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("TANGLE_TRACEBACK")
    assert main(["fit", "-c", CONFIG, "--run", str(tmp_path), *options]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("tangle: error: ")
    assert message in told
    assert not (tmp_path / "checkpoints").exists()


def test_a_misspelt_option_in_a_file_is_refused_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TANGLE_TRACEBACK")
    text = Path(CONFIG).read_text().replace("num_classes", "n_classes")
    (tmp_path / "bad.yaml").write_text(text)
    assert main(["fit", "-c", str(tmp_path / "bad.yaml"), "--run", str(tmp_path)]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert re.fullmatch(
        r"tangle: error: model: tangle\.\S*SearchModule: task: tangle\.\S*Classification: "
        r"Option 'n_classes' is not accepted",
        told,
    )


@pytest.mark.parametrize(
    ("verb", "message"),
    [
        ("fit", "give one by -c FILE, such as lightning_configs/quickstart.yaml$"),
        ("test", r"by --run the folder of a run \(.*none is none\)$"),
    ],
)
def test_a_verb_without_a_configuration_says_how_to_give_one(
    verb: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        main([verb, "--run", str(tmp_path / "none")])


def test_a_run_that_was_stopped_before_it_could_save_is_not_judged(
    run: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text((run / "config.yaml").read_text())
    for verb in ("validate", "test", "predict"):
        with pytest.raises(FileNotFoundError, match=r"holds no weights, as .*last.ckpt does not"):
            main([verb, "--run", str(tmp_path)])
    checkpoint = str(run / "checkpoints" / "last.ckpt")
    assert main(["test", "--run", str(tmp_path), "--ckpt_path", checkpoint]) == 0


def test_a_run_is_not_overwritten_unasked(run: Path) -> None:
    before = _state(run)
    with pytest.raises(FileExistsError, match="already holds a run"):
        _fit(run)
    torch.testing.assert_close(_state(run), before, rtol=0, atol=0)


def test_help_of_a_class_lists_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["fit", "--model.help", "SearchModule"])
    assert leaving.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Updates of the weights for each one of the architecture parameters." in text


def test_print_config_tells_what_options_come_to(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["fit", "-c", CONFIG, "--model.accumulate", "3", "--print_config"])
    assert leaving.value.code == 0
    assert yaml.safe_load(capsys.readouterr().out)["model"]["init_args"]["accumulate"] == 3


def test_help_of_a_verb_tells_of_the_run_folder(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["fit", "--run", str(run), "--help"])
    assert leaving.value.code == 0
    text = capsys.readouterr().out
    assert "--resume" in text
    assert "--checkpoint.every_n_batches" in text


@pytest.mark.parametrize("goes_on", [[], ["--overwrite"], ["--resume"], ["--resume", "auto"]])
def test_a_folder_in_which_another_process_trains_is_refused(
    goes_on: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tangle.cli.lightning._PATIENCE", 0.2)
    former = tmp_path / "run" / ".former"  # as it is until the first update of a run in its place
    former.mkdir(parents=True)
    fit = ["fit", "-c", CONFIG, "--run", str(tmp_path / "run")]
    with alone(tmp_path / "run", "--run"):
        with pytest.raises(ValueError, match=r"another process is at work in .*run: .* by --run"):
            main([*fit, *goes_on])
        with pytest.raises(SystemExit, match="0"):  # a question is answered
            main([*fit, "--print_config"])
    assert former.is_dir()


@pytest.mark.parametrize("name", ["NODE_RANK", "GROUP_RANK", "OMPI_COMM_WORLD_RANK", "LOCAL_RANK"])
def test_the_processes_of_one_run_are_in_its_folder_together(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "LOCAL_RANK":  # which Lightning reads when it is imported
        monkeypatch.setattr(rank_zero_only, "rank", 1)
    else:
        monkeypatch.setenv(name, "1")
    seen = []
    monkeypatch.setattr("tangle.cli.lightning._carry_out", lambda *given: seen.append(given[-1]))
    with alone(tmp_path / "run", "--run"):
        assert main(["fit", "-c", CONFIG, "--run", str(tmp_path / "run")]) == 0
    assert seen == [RunFolder(tmp_path / "run")]
