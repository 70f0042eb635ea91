"""Which weights a network starts from, and what does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_model
from torch import nn

from tangle.modules.checkpoint import SEARCH, search_state
from tangle.modules.inheritance import Inheritance, last_linear
from tangle.nn import Supernet
from tests.planted import PlantedNet
from tests.space_cases import CASES


@pytest.fixture
def supernet() -> Supernet:
    return Supernet(PlantedNet(norm=True))


@pytest.fixture
def checkpoint(tmp_path: Path, supernet: Supernet) -> str:
    path = tmp_path / "last.ckpt"
    state = {f"supernet.{name}": tensor for name, tensor in supernet.state_dict().items()}
    torch.save({SEARCH: search_state(1, supernet.space), "state_dict": state}, path)
    return str(path)


@pytest.fixture
def extracted(tmp_path: Path, supernet: Supernet) -> str:
    path = tmp_path / "weights.safetensors"
    save_model(supernet.extract({"width": 0}), str(path))
    return str(path)


def test_weights_come_from_a_search_or_from_an_extracted_network(supernet, checkpoint, extracted):
    expected = supernet.extract({"width": 0}).state_dict()
    for path, is_search in ((checkpoint, True), (extracted, False)):
        start = Inheritance(path)
        net = start.network(Supernet(PlantedNet(norm=True)), {"width": 0})
        torch.testing.assert_close(net.state_dict(), expected)
        assert start.is_from_search == is_search
    assert not Inheritance(None).is_from_search


@pytest.mark.parametrize("name", CASES)
def test_every_space_s_extracted_weights_come_back(name, tmp_path):
    supernet = Supernet(CASES[name].build())
    arch = supernet.space.largest()
    save_model(supernet.extract(arch), str(tmp_path / "w.safetensors"))
    net = Inheritance(str(tmp_path / "w.safetensors")).network(Supernet(CASES[name].build()), arch)
    torch.testing.assert_close(net.state_dict(), supernet.extract(arch).state_dict())


def test_a_new_head_is_all_that_is_new(supernet, checkpoint, extracted):
    expected = supernet.extract({"width": 0}).state_dict()
    for path in (checkpoint, extracted):
        net = Inheritance(path, new_head=True).network(
            Supernet(PlantedNet(norm=True)), {"width": 0}
        )
        for key, value in net.state_dict().items():
            assert torch.equal(value, expected[key]) == (not key.startswith("layers.3"))


def test_another_number_of_classes_needs_a_new_head(tmp_path):
    case = CASES["toy_conv_macro"]
    net = case.build()
    head = last_linear(net)
    supernet = Supernet(net)
    arch = supernet.space.smallest()
    save_model(supernet.extract(arch), str(tmp_path / "w.safetensors"))
    path = str(tmp_path / "w.safetensors")
    other = case.build()
    other.head[-1] = nn.Linear(head.in_features, 3)
    with pytest.raises(ValueError, match=r"w.safetensors has head.5.weight of the shape \[10, 8\], "
                       r"but the network's has \[3, 8\].*set new_head"):  # fmt: skip
        Inheritance(path).network(Supernet(other), arch)
    found = Inheritance(path, new_head=True).network(Supernet(other), arch)
    assert found.head[-1].out_features == 3


def test_a_head_that_is_tied_or_absent_can_t_be_new():
    with pytest.raises(ValueError, match="shares its weight with another layer"):
        last_linear(CASES["gpt"].build())
    with pytest.raises(ValueError, match="has no linear layer"):
        last_linear(nn.Sequential(nn.ReLU()))


def test_the_teacher_is_the_largest_network_frozen(supernet, checkpoint):
    start, filled = Inheritance(checkpoint), Supernet(PlantedNet(norm=True))
    start.network(filled, {"width": 0})
    teacher = start.teacher(filled)
    assert not teacher.training
    assert not any(parameter.requires_grad for parameter in teacher.parameters())
    expected = supernet.extract(supernet.space.largest())
    torch.testing.assert_close(teacher.state_dict(), expected.state_dict())


def test_what_contradicts_itself_is_refused(supernet, extracted):
    with pytest.raises(ValueError, match="new_head is true, but checkpoint is not given"):
        Inheritance(None, new_head=True)
    for start in (Inheritance(None), Inheritance(extracted)):
        with pytest.raises(ValueError, match="the teacher is the largest network of a search's"):
            start.teacher(supernet)


def test_weights_of_another_architecture_are_refused(supernet, extracted):
    with pytest.raises(ValueError, match=r"of the shape \[1, 4\], but the network's has \[8, 4\]"):
        Inheritance(extracted).network(supernet, {"width": 1})
    with pytest.raises(ValueError, match="does not fit the network: it lacks"):
        Inheritance(extracted).network(Supernet(nn.Sequential(PlantedNet())), {"width": 0})
    with pytest.raises(FileNotFoundError, match=r"no weights none\.safetensors"):
        Inheritance("none.safetensors").network(supernet, {"width": 1})


def test_a_network_that_can_t_start_afresh_says_so(caplog):
    Inheritance(None).network(Supernet(PlantedNet().layers), {"width": 0})
    assert "Sequential has no method init_weights, so its weights start as slices" in caplog.text
    caplog.clear()
    Inheritance(None).network(Supernet(PlantedNet()), {"width": 0})
    assert not caplog.text
