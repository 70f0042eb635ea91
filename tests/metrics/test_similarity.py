"""Linear CKA: its invariances, its textbook form, and what layers put out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tangle.metrics import draw_similarity, layer_features, linear_cka, similarity

X = torch.randn(20, 6, generator=torch.Generator().manual_seed(0))
Y = torch.randn(20, 9, generator=torch.Generator().manual_seed(1)) + 0.5 * X.sum(1, keepdim=True)


def reference(x, y):
    """By features, as in the paper, in double precision."""
    x, y = (f.double() - f.double().mean(0) for f in (x, y))
    cross = torch.linalg.matrix_norm(y.T @ x) ** 2
    return cross / (torch.linalg.matrix_norm(x.T @ x) * torch.linalg.matrix_norm(y.T @ y))


def test_it_agrees_with_the_textbook_in_double_precision():
    torch.testing.assert_close(linear_cka(X, Y), reference(X, Y), rtol=1e-10, atol=1e-12)
    assert 0.05 < linear_cka(X, Y) < 0.95


def test_it_is_one_for_equal_features_and_symmetric():
    assert linear_cka(X, X) == pytest.approx(1)
    assert linear_cka(X, Y) == pytest.approx(float(linear_cka(Y, X)))


def test_orthogonal_maps_scales_and_shifts_change_nothing():
    rotation, _ = torch.linalg.qr(torch.randn(9, 9))
    for other in (Y @ rotation, 7 * Y, Y + torch.randn(9)):
        assert linear_cka(X, other) == pytest.approx(float(linear_cka(X, Y)), abs=1e-6)
    assert linear_cka(X, X @ torch.randn(6, 6)) < 0.999  # unlike any other map


def test_independent_features_of_many_inputs_are_not_alike():
    x, y = torch.randn(2, 2000, 4)
    assert linear_cka(x, y) < 0.02


def test_feature_maps_count_by_all_their_numbers():
    x, y = torch.randn(2, 5, 3, 4, 4)
    torch.testing.assert_close(linear_cka(x, y), linear_cka(x.flatten(1), y.flatten(1)))


@pytest.mark.parametrize("y", [Y[:5], Y[:1]])
def test_other_inputs_are_refused(y):
    with pytest.raises(ValueError, match=rf"features of .* and of {len(y)} inputs"):
        linear_cka(X if len(y) > 1 else X[:1], y)


def _net() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, 3)
    )


def test_a_network_is_like_itself_layer_by_layer():
    net = _net().train()
    features = layer_features(net, [X[:8], X[8:]])
    assert list(features) == ["0", "4"]
    torch.testing.assert_close(features["0"], net[0](X).detach())
    matrix = similarity(features, layer_features(net, [X]))
    torch.testing.assert_close(matrix.diagonal(), torch.ones(2, dtype=torch.float64))
    assert net.training
    assert not net[0]._forward_hooks


def test_each_entry_is_the_cka_of_two_layers():
    one, other = layer_features(_net(), [X]), layer_features(_net(), [X], ["0", "3", "4"])
    matrix = similarity(one, other)
    assert matrix.shape == (2, 3)
    for i, x in enumerate(one.values()):
        for j, y in enumerate(other.values()):
            torch.testing.assert_close(matrix[i, j], linear_cka(x, y))


def test_unknown_layers_are_refused():
    with pytest.raises(ValueError, match=r"no layer \['9'\]: it has \['0', '4'\]"):
        layer_features(_net(), [X], ["0", "9"])


def test_the_heat_map_names_layers_and_networks():
    figure = draw_similarity(torch.eye(2), ["a", "b"], ["c", "d"], names=("inherited", "retrained"))
    panel = figure.axes[0]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["a", "b"]
    assert (panel.get_ylabel(), panel.get_xlabel()) == ("inherited", "retrained")
