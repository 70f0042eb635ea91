import pytest
import torch

from tangle.spaces.blocks.relative_attention import RelativeAttention2d
from tangle.spaces.blocks.relative_position import places


def textbook(core, q, k, v, side):
    """The definition, with the vectors of all pairs of places."""
    keys, values = (
        torch.einsum("jp,ipd->ijd", places(side).to(q.dtype), position())
        for position in (core.key_position, core.value_position)
    )
    logits = q @ k.transpose(-2, -1) + torch.einsum("bhid,ijd->bhij", q, keys)
    attention = (logits / q.shape[-1] ** 0.5).softmax(-1)
    return attention @ v + torch.einsum("bhij,ijd->bhid", attention, values)


def build(side=3):
    core = RelativeAttention2d(6, side, max_distance=1).double()
    for table in core.parameters():
        torch.nn.init.normal_(table)
    qkv = torch.randn(3, 2, 4, side * side + 1, 6, dtype=torch.float64, requires_grad=True)
    return core, qkv


def test_attention_equals_the_textbook_formula():
    core, (q, k, v) = build()
    torch.testing.assert_close(core(q, k, v), textbook(core, q, k, v, 3))


def test_gradients_equal_those_of_the_textbook_formula():
    core, qkv = build()
    inputs = [qkv, *core.parameters()]
    seen = torch.autograd.grad(core(*qkv).square().sum(), inputs)
    expected = torch.autograd.grad(textbook(core, *qkv, 3).square().sum(), inputs)
    for mine, other in zip(seen, expected, strict=True):
        torch.testing.assert_close(mine, other)


@pytest.mark.parametrize("heads", [1, 3])
def test_heads_share_the_tables_so_that_any_number_of_them_fits(heads):
    core, (q, k, v) = build()
    parts = [x[:, :heads] for x in (q, k, v)]
    torch.testing.assert_close(core(*parts), core(q, k, v)[:, :heads])


def test_half_precision_is_kept():
    core, (q, k, v) = build()
    y = core.to(torch.bfloat16)(*(x.bfloat16() for x in (q, k, v)))
    assert y.dtype == torch.bfloat16
