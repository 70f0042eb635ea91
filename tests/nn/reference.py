"""What layers are compared with: every version zero-padded, weighted and added up, one by one."""

from __future__ import annotations

import copy
import itertools
import math
from random import Random

import torch

from tangle.core import one_hot
from tangle.nn import Supernet, bind

DTYPES = {torch.float64: 1e-10, torch.float32: 1e-5}
"""Largest relative difference between the three roles of a layer."""


def random_alphas(*choices, dtype=torch.float64):
    return {
        choice.name: torch.randn(len(choice.candidates), dtype=dtype, requires_grad=True)
        for choice in choices
    }


def softmax(alphas):
    return {name: alpha.softmax(0) for name, alpha in alphas.items()}


def every_version(choices):
    """Yield for each joint candidate its values and its indices, by name."""
    for indices in itertools.product(*(range(len(choice.candidates)) for choice in choices)):
        arch = {choice.name: i for choice, i in zip(choices, indices, strict=True)}
        yield {choice.name: choice.candidates[arch[choice.name]] for choice in choices}, arch


def pad(part, like):
    """Return `part` as the first entries of zeros of another tensor's shape."""
    padded = torch.zeros_like(like)
    padded[tuple(slice(extent) for extent in part.shape)] = part
    return padded


def pad_and_sum(tensor, weights, choices, keep):
    """Return the sum over joint candidates of weight times zero-padded version.

    `keep` returns the slices of the version, for the candidates' values by choice name.
    """
    if tensor is None:
        return None
    total = torch.zeros_like(tensor)
    for values, arch in every_version(choices):
        weight = math.prod(weights[name][i] for name, i in arch.items())
        version = torch.zeros_like(tensor)
        version[keep(values)] = tensor[keep(values)]
        total = total + weight * version
    return total


def centre(size, largest):
    start = (largest - size) // 2
    return slice(start, start + size)


def superposed(layer, x, alphas):
    with bind(softmax(alphas)):
        return layer(x)


def assert_same(actual, expected, inputs, limit=1e-12):
    """Compare two results and their gradients with respect to all inputs."""
    torch.testing.assert_close(actual, expected, rtol=limit, atol=limit)
    probe = torch.randn_like(expected)
    both = [
        torch.autograd.grad((y * probe).sum(), inputs, retain_graph=True)
        for y in (actual, expected)
    ]
    for one, other in zip(*both, strict=True):
        scale = max(1.0, float(other.abs().max()))
        torch.testing.assert_close(one, other, rtol=0, atol=limit * scale)


def assert_superposes(layer, x, choices, reference):
    """Compare a layer with `reference(x, weights)`: output, gradients of input, weights, alphas."""
    layer = randomize(layer.double())
    x = x.double().requires_grad_() if x.is_floating_point() else x
    alphas = random_alphas(*choices)
    inputs = [*alphas.values(), *layer.parameters(), *([x] if x.requires_grad else [])]
    expected = reference(layer, x, softmax(alphas))
    assert_same(superposed(layer, x, alphas), expected, inputs)


def randomize(net):
    """Give every parameter and running statistic a random value, norms' included."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_()
        for name, buffer in net.named_buffers():
            if "running_mean" in name:
                buffer.normal_()
            elif "running_var" in name:
                buffer.uniform_(0.5, 2)
    return net


def assert_roles_agree(
    build, example, dtype, *, narrow=None, count=10, whole_state=True, is_sliced=True
):
    """Compare a network superposed at a one-hot architecture, sliced and extracted.

    In training and evaluation: outputs, gradients, and what running statistics become.

    Args:
        build: Returns a new network.
        example: Its input at the largest width; what lies beyond a narrower width is ignored.
        narrow: Returns the input at the values of an architecture.
        whole_state: Whether also what extraction leaves behind has the same running statistics;
            parts that are not taken run when superposed, and move theirs.
        is_sliced: Whether all weights of an extracted network are slices, and so its gradients
            slices of the supernet's.
    """
    for seed in range(count):
        supernet = Supernet(randomize(build()).to(dtype))
        space = supernet.space
        extremes = [space.largest(), space.smallest()]
        arch = extremes[seed] if seed < len(extremes) else space.sample(Random(seed))
        nets = copy.deepcopy(supernet), copy.deepcopy(supernet), supernet.extract(arch)
        hot = one_hot(arch, space, dtype=dtype)
        for training in (True, True, False):
            for net in nets:
                net.train(training).zero_grad()
            inputs = [_leaf(example, dtype) for _ in nets]
            parts = [narrow(x, space.describe(arch)) if narrow else x for x in inputs]
            outputs = nets[0](inputs[0], hot), nets[1](parts[1], arch), nets[2](parts[2])
            probe = torch.randn_like(outputs[1])
            for output in outputs:
                (output * pad(probe, output)).sum().backward()
            if example.is_floating_point():
                _assert_close(inputs[0].grad, inputs[1].grad, dtype)
                _assert_close(inputs[2].grad, inputs[1].grad, dtype)
            _assert_close(outputs[0], pad(outputs[1], outputs[0]), dtype)
            _assert_close(outputs[2], outputs[1], dtype)
            if whole_state:
                _assert_same_state(nets[0].state_dict(), nets[1].state_dict(), dtype)
            expected = nets[1].extract(arch).state_dict()
            _assert_same_state(nets[0].extract(arch).state_dict(), expected, dtype)
            _assert_same_state(nets[2].state_dict(), expected, dtype)
            superposed, sliced, extracted = map(_gradients_as_weights, nets)
            _assert_same_state(_parameters(superposed), _parameters(sliced), dtype)
            if is_sliced:
                _assert_same_state(_parameters(extracted), _parameters(sliced.extract(arch)), dtype)


def _leaf(example, dtype):
    if not example.is_floating_point():
        return example
    return example.to(dtype, copy=True).requires_grad_()


def _gradients_as_weights(net):
    net = copy.deepcopy(net)
    for parameter in net.parameters():
        parameter.data = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
    return net


def _parameters(net):
    return dict(net.named_parameters())


def _assert_same_state(state, expected, dtype):
    assert state.keys() == expected.keys()
    for name, value in expected.items():
        _assert_close(state[name], value, dtype)


def _assert_close(actual, expected, dtype):
    assert actual.shape == expected.shape
    scale = max(1.0, float(expected.detach().abs().max())) if expected.numel() else 1.0
    limit = DTYPES[dtype] * scale
    torch.testing.assert_close(actual, expected, rtol=0, atol=limit)
