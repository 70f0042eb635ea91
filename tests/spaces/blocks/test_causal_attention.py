import itertools

import pytest
import torch

from tangle.core import Choice, one_hot
from tangle.nn import Supernet
from tangle.spaces.blocks.causal_attention import CausalSelfAttention

WIDTH, HEADS = Choice("width", (12, 24, 36)), Choice("heads", (2, 3, 6))


def build(**options):
    return Supernet(CausalSelfAttention(WIDTH, HEADS, **options)).double()


def textbook(net, x, width, heads):
    """Attention of the heads one by one, each of the channels that leave its number as rest."""
    layers = {name: getattr(net.net, name) for name in ("q", "k", "v", "proj")}
    q, k, v = (x @ layers[name].weight[:width, :width].T for name in "qkv")
    y = torch.empty_like(q)
    for head in range(heads):
        mine = slice(head, width, heads)
        scores = q[..., mine] @ k[..., mine].transpose(1, 2) / (width / heads) ** 0.5
        scores = scores.masked_fill(torch.ones(x.shape[1], x.shape[1]).triu(1).bool(), -torch.inf)
        y[..., mine] = scores.softmax(-1) @ v[..., mine]
    return y @ layers["proj"].weight[:width, :width].T


@pytest.mark.parametrize(("width", "heads"), list(itertools.product(range(3), range(3))))
def test_every_width_and_number_of_heads_equals_the_textbook_formula(width, heads):
    net, arch = build(), {"width": width, "heads": heads}
    extent = WIDTH.candidates[width]
    x = torch.randn(2, 5, extent, dtype=torch.float64)
    expected = textbook(net, x, extent, HEADS.candidates[heads])
    torch.testing.assert_close(net(x, arch), expected)
    torch.testing.assert_close(net.extract(arch)(x), expected)
    padded = torch.nn.functional.pad(x, (0, 36 - extent))
    superposed = net(padded, one_hot(arch, net.space, dtype=torch.float64))
    torch.testing.assert_close(superposed[..., :extent], expected)
    assert not superposed[..., extent:].any()


def test_relaxed_heads_are_mixed_after_an_attention_of_each():
    net = build()
    x = torch.randn(2, 5, 36, dtype=torch.float64)
    width, share = torch.tensor([0.0, 0.0, 1.0]).double(), torch.tensor([0.2, 0.3, 0.5]).double()
    expected = sum(w * textbook(net, x, 36, h) for w, h in zip(share, (2, 3, 6), strict=True))
    torch.testing.assert_close(net(x, {"width": width, "heads": share}), expected)


def test_a_fixed_width_can_have_a_choice_of_heads():
    net = Supernet(CausalSelfAttention(12, HEADS))
    x = torch.randn(1, 4, 12)
    torch.testing.assert_close(
        net(x, one_hot({"heads": 1}, net.space)), net(x, {"heads": 1}), rtol=1e-5, atol=1e-6
    )


def test_dropout_is_for_training_only():
    net, x = build(dropout=0.5), torch.randn(1, 4, 36, dtype=torch.float64)
    arch = net.space.largest()
    assert not torch.equal(net(x, arch), net(x, arch))
    net.eval()
    assert torch.equal(net(x, arch), net(x, arch))


def test_heads_that_do_not_divide_a_width_are_refused():
    with pytest.raises(ValueError, match=r"the candidate 8, which does not divide every width of "
                       r"width, \(12, 24, 36\)"):  # fmt: skip
        CausalSelfAttention(WIDTH, Choice("heads", (2, 8)))


def test_no_heads_are_refused():
    with pytest.raises(ValueError, match="the candidate 0, which does not divide"):
        CausalSelfAttention(WIDTH, Choice("heads", (0, 2)))
