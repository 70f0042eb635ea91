"""Smaller kernels are learned transforms of the largest one."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tangle.nn import KernelTransforms


def random_transforms(sizes):
    transforms = KernelTransforms(sizes).double()
    for matrix in transforms.matrices:
        nn.init.normal_(matrix)
    return transforms


def crop(kernel, size):
    rim = (kernel.shape[-1] - size) // 2
    return kernel[:, :, rim : kernel.shape[-1] - rim, rim : kernel.shape[-1] - rim]


def versions(transforms, kernel):
    """Channel by channel, matrix times vector."""
    found = [kernel]
    for size, matrix in zip(transforms.sizes[1:], transforms.matrices, strict=True):
        centre = crop(found[-1], size)
        rows = [
            torch.stack([(matrix @ c.reshape(-1)).reshape(size, size) for c in row])
            for row in centre
        ]
        found.append(torch.stack(rows))
    return found


def pad_and_sum(transforms, kernel, weights):
    total = torch.zeros_like(kernel)
    for version, weight in zip(versions(transforms, kernel), weights, strict=True):
        rim = (kernel.shape[-1] - version.shape[-1]) // 2
        total = total + weight * F.pad(version, [rim] * 4)
    return total


def test_a_kernel_is_the_matrix_times_the_centre_of_the_next_larger():
    transforms, kernel = random_transforms((7, 5, 3)), torch.randn(4, 2, 7, 7).double()
    for size, version in zip((7, 5, 3), versions(transforms, kernel), strict=True):
        torch.testing.assert_close(transforms(kernel, size), version)


def test_at_first_a_kernel_is_the_centre():
    kernel = torch.randn(4, 1, 7, 7)
    transforms = KernelTransforms((7, 5, 3))
    assert torch.equal(transforms(kernel, 7), kernel)
    torch.testing.assert_close(transforms(kernel, 3), crop(kernel, 3))
    nn.init.normal_(transforms.matrices[0])
    transforms.reset_parameters()
    torch.testing.assert_close(transforms(kernel, 5), crop(kernel, 5))


@pytest.mark.parametrize("sizes", [(7, 5, 3), (9, 3), (5, 3, 1), (3,)])
def test_mixture_equals_pad_and_sum_with_all_gradients(sizes):
    transforms = random_transforms(sizes)
    kernel = torch.randn(4, 2, sizes[0], sizes[0], dtype=torch.float64, requires_grad=True)
    weights = torch.rand(len(sizes), dtype=torch.float64, requires_grad=True)
    inputs = [kernel, weights, *transforms.matrices]
    results = transforms.mixture(kernel, weights), pad_and_sum(transforms, kernel, weights)
    torch.testing.assert_close(*results)
    probe = torch.randn_like(kernel)
    gradients = [torch.autograd.grad((y * probe).sum(), inputs) for y in results]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("wanted", ["kernel", "weights", "matrices"])
def test_a_gradient_is_right_where_it_alone_is_asked_for(wanted):
    transforms = random_transforms((7, 5, 3)).requires_grad_(wanted == "matrices")
    kernel = torch.randn(3, 1, 7, 7, dtype=torch.float64, requires_grad=wanted == "kernel")
    weights = torch.rand(3, dtype=torch.float64, requires_grad=wanted == "weights")
    inputs = {"kernel": [kernel], "weights": [weights], "matrices": [*transforms.matrices]}[wanted]
    gradients = [
        torch.autograd.grad(y.square().sum(), inputs)
        for y in (transforms.mixture(kernel, weights), pad_and_sum(transforms, kernel, weights))
    ]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("sizes", [(), (3, 5, 7), (7, 7), (6, 4), (7, 4), (3, -1)])
def test_sizes_that_are_even_or_do_not_fall_are_refused(sizes):
    with pytest.raises(ValueError, match="odd sizes from the largest to the smallest"):
        KernelTransforms(sizes)
