import pytest
import torch
import yaml
from safetensors.torch import save_file

from tangle.core.table import write_table
from tangle.report.run import Run


@pytest.fixture
def folder(tmp_path):
    model = {"init_args": {"algorithm": {"class_path": "tangle.algorithms.DrNAS"}}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"seed_everything": 3, "model": model}))
    return tmp_path


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no run, as .*config\.yaml does not exist"):
        Run(tmp_path)


def test_algorithm_and_seed_are_those_of_the_configuration(folder):
    assert (Run(folder).algorithm, Run(folder).seed) == ("DrNAS", 3)


def test_what_a_run_lacks_is_empty(folder):
    run = Run(folder)
    assert run.architecture == {}
    assert run.anytime == run.health == run.arch_weights == []
    assert run.weight_shapes == {}
    assert run.score is None
    assert run.seconds is None
    assert run.losses("train/loss") == []


def test_choices_are_read_from_the_columns(folder):
    write_table(folder / "arch_weights.csv", [{"update": 0, "w=1": 0.5, "w=2": 0.5, "k=a=b": 1.0}])
    choices = Run(folder).choices
    assert choices["w"].candidates == ("1", "2")
    assert choices["k"].candidates == ("a=b",)


def test_a_curve_leaves_out_epochs_without_a_value(folder):
    rows = [{"seconds": 1.5, "val/best/loss": ""}, {"seconds": 3.0, "val/best/loss": 0.5}]
    write_table(folder / "anytime.csv", rows)
    run = Run(folder)
    assert run.curve("val/best/loss") == [(3.0, 0.5)]
    assert run.seconds == 3.0
    assert run.score == "val/best/loss"


def test_accuracy_is_preferred_as_the_score(folder):
    row = {"seconds": 1, "val/best/loss": 1, "val/best/accuracy": 0.1}
    write_table(folder / "anytime.csv", [row])
    assert Run(folder).score == "val/best/accuracy"


def test_losses_are_means_over_epochs_and_a_resumed_epoch_replaces_its_beginning(folder):
    first = [{"epoch": 0, "loss": 1}, {"epoch": 0, "loss": 3}, {"epoch": 1, "loss": 9}]
    write_table(folder / "csv" / "version_9" / "metrics.csv", first)
    write_table(folder / "csv" / "version_10" / "metrics.csv", [{"epoch": 1, "loss": 4}])
    assert Run(folder).losses("loss") == [(0, 2), (1, 4)]


def test_shapes_are_read_without_the_weights(folder):
    (folder / "subnet").mkdir()
    save_file({"a.weight": torch.zeros(2, 3)}, folder / "subnet" / "weights.safetensors",
              {"format": "pt"})  # fmt: skip
    assert Run(folder).weight_shapes == {"a.weight": (2, 3)}


def test_the_choices_of_second_stages_are_read_by_name(folder):
    assert Run(folder).selections == {}
    path = folder / "selection" / "tpe" / "architecture.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("architecture: {w: 4}\n")
    assert Run(folder).selections == {"tpe": {"architecture": {"w": 4}}}


def test_epochs_are_those_of_the_search_or_of_the_training(folder):
    assert Run(folder).epochs == 0
    losses = [{"epoch": e, "train/loss": 1.0} for e in range(3)]
    write_table(folder / "csv" / "version_0" / "metrics.csv", losses)
    assert Run(folder).epochs == 3
    write_table(folder / "anytime.csv", [{"epoch": e, "seconds": 1.0} for e in range(2)])
    assert Run(folder).epochs == 2
