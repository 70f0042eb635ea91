"""What a configuration leaves open is taken from its data, or from the network's sizes."""

from __future__ import annotations

from pathlib import Path

from tangle.cli.space_config import read_subject

CONFIGS = Path(__file__).parents[2] / "lightning_configs"


def test_the_data_of_a_configuration_give_shape_and_batch_size():
    found = read_subject([str(CONFIGS / "quickstart.yaml")], [], shape=None, batch_size=None)
    assert found.example.shape == (1, 1, 28, 28)
    assert found.batch_size == 64
    assert not found.is_guess


def test_the_sizes_of_a_language_model_give_tokens():
    found = read_subject([str(CONFIGS / "spaces" / "gpt.yaml")], [], shape=None, batch_size=3)
    assert found.example.shape == (1, 224)
    assert not found.example.is_floating_point()
    assert found.batch_size == 3
    assert all(tensor.is_meta for tensor in found.supernet.parameters())


def test_images_of_a_net_that_takes_any_size_are_a_guess():
    space = str(CONFIGS / "spaces" / "darts.yaml")
    assert read_subject([space], [], shape=None, batch_size=None).is_guess
