import torch

from tangle.spaces.blocks.relative_position import RelativePosition2d, places


def vector(position, query, key, *, side, max_distance):
    """The vector of a pair of places, 0 the class token, from its definition."""
    if query == 0 or key == 0:
        return position.vertical.weight[0] + position.horizontal.weight[0]
    (row_i, column_i), (row_j, column_j) = divmod(query - 1, side), divmod(key - 1, side)
    down = max(-max_distance, min(max_distance, row_j - row_i))
    right = max(-max_distance, min(max_distance, column_j - column_i))
    return (
        position.vertical.weight[down + max_distance + 1]
        + position.horizontal.weight[right + max_distance + 1]
    )


def test_a_querys_vectors_at_a_keys_row_and_column_add_up_to_those_of_the_pair():
    side, max_distance = 4, 2  # so that some offsets are beyond
    position = RelativePosition2d(3, side, max_distance=max_distance)
    torch.nn.init.normal_(position.vertical.weight)
    torch.nn.init.normal_(position.horizontal.weight)
    pairs = torch.einsum("jp,ipd->ijd", places(side), position())
    for query in range(side * side + 1):
        for key in range(side * side + 1):
            expected = vector(position, query, key, side=side, max_distance=max_distance)
            torch.testing.assert_close(pairs[query, key], expected)


def test_tables_have_a_row_for_each_offset_and_the_class_token():
    position = RelativePosition2d(64, 14)
    assert position.vertical.weight.shape == position.horizontal.weight.shape == (30, 64)


def test_every_key_has_one_row_and_one_column():
    assert torch.equal(places(3).view(10, 2, 4).sum(-1), torch.ones(10, 2))
