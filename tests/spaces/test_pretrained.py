import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tangle.core import Choice
from tangle.nn import KernelTransforms, Linear, Stack, Supernet
from tangle.spaces.pretrained import load_largest


class Net(nn.Module):
    def __init__(self, classes=2, width=6):
        super().__init__()
        self.stages = nn.Sequential(
            Stack(Choice("depth", (1, 2)), [nn.Linear(4, 4), nn.Linear(4, 4)]), nn.BatchNorm1d(4)
        )
        self.transforms = KernelTransforms((5, 3))
        self.wide = Linear(4, Choice("width", (3, width)))
        self.head = Linear(width, classes)


def state(net):
    return dict(net.state_dict())


def plain_state(net):
    """Names of the extracted network, without stacks, transforms and counts of batches."""
    supernet = Supernet(net)
    largest = state(supernet.extract(supernet.space.largest()))
    assert "stages.0.1.weight" in largest
    return {n: t for n, t in largest.items() if "transforms" not in n and "num_batches" not in n}


def test_names_of_the_extracted_network_fit_and_transforms_stay(tmp_path):
    trained, net = Net(), Net()
    save_file(plain_state(trained), tmp_path / "w.safetensors")
    nn.init.normal_(net.transforms.matrices[0])
    before = net.transforms.matrices[0].clone()
    load_largest(net, tmp_path / "w.safetensors")
    assert torch.equal(net.stages[0].blocks[1].weight, trained.stages[0].blocks[1].weight)
    assert torch.equal(net.transforms.matrices[0], before)


@pytest.mark.parametrize("prefix", ["", "net."])
@pytest.mark.parametrize("wrap", [dict, lambda state: {"state_dict": state, "epoch": 3}])
def test_whole_states_fit_too_in_files_of_torch(tmp_path, prefix, wrap):
    trained, net = Net(), Net()
    nn.init.normal_(trained.transforms.matrices[0])
    torch.save(wrap({prefix + n: t for n, t in state(trained).items()}), tmp_path / "w.pt")
    load_largest(net, tmp_path / "w.pt")
    for name, tensor in state(net).items():
        assert torch.equal(tensor, state(trained)[name]), name


def test_names_can_be_translated(tmp_path):
    trained, net = Net(), Net()
    renamed = {n.replace("head", "classifier"): t for n, t in state(trained).items()}
    torch.save(renamed, tmp_path / "w.pt")
    load_largest(net, tmp_path / "w.pt", rename=lambda name: name.replace("classifier", "head"))
    assert torch.equal(net.head.weight, trained.head.weight)


def test_a_part_keeps_its_own_weights_whatever_the_file_has(tmp_path):
    net = Net(classes=3)
    torch.save(state(Net()), tmp_path / "w.pt")
    before = net.head.weight.clone()
    load_largest(net, tmp_path / "w.pt", without="head")
    assert torch.equal(net.head.weight, before)


def test_other_shapes_are_refused_by_name_and_nothing_is_loaded(tmp_path):
    net = Net()
    torch.save(state(Net(width=7)), tmp_path / "w.pt")
    before = {name: tensor.clone() for name, tensor in state(net).items()}
    with pytest.raises(ValueError, match=r"has wide.weight of the shape \[7, 4\], .* has \[6, 4\]"):
        load_largest(net, tmp_path / "w.pt")
    assert all(torch.equal(tensor, before[name]) for name, tensor in state(net).items())


def test_missing_and_unknown_names_are_told(tmp_path):
    other = state(Net())
    other["foot.weight"] = other.pop("head.weight")
    torch.save(other, tmp_path / "w.pt")
    with pytest.raises(ValueError, match=r"lacks \['head.weight'\] and has \['foot.weight'\]"):
        load_largest(Net(), tmp_path / "w.pt")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*none\.pt of pretrained weights"):
        load_largest(Net(), tmp_path / "none.pt")


class Code:
    """Would run something when unpickled."""

    def __reduce__(self):
        return print, ("unpickled",)


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps(Code())])
def test_files_that_are_no_weights_are_refused(tmp_path, suffix, content, capsys):
    path = tmp_path / f"w.{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="can't be read as weights"):
        load_largest(Net(), path)
    assert "unpickled" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [torch.zeros(3), {"a": 1}, {"state_dict": [1]}])
def test_files_without_a_state_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(ValueError, match="holds no state dictionary"):
        load_largest(Net(), tmp_path / "w.pt")
