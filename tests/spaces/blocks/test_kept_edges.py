from tangle.core import Strongest, StrongestSet
from tangle.spaces.blocks.kept_edges import keep_edges, kept_choice, kept_sets


def test_sets_are_all_pairs_of_states_before_a_node():
    assert kept_sets(2) == [(0, 1)]
    assert kept_choice("reduce", 3).candidates == ("0+1", "0+2", "1+2")
    assert kept_choice("reduce", 3).name == "reduce_n3_kept"
    assert [len(kept_sets(node)) for node in (2, 3, 4, 5)] == [1, 3, 6, 10]


def test_nodes_with_one_set_have_no_choice_of_sets():
    operations = ("none", "skip", "conv")
    rules = keep_edges("normal", 3, operations, by_choice=True)
    assert [type(rule) for rule in rules] == [Strongest, StrongestSet, StrongestSet]
    plain = keep_edges("normal", 3, operations, by_choice=False)
    assert {type(rule) for rule in plain} == {Strongest}
    assert [r.cardinality for r in rules] == [r.cardinality for r in plain] == [4, 12, 24]
