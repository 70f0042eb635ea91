from types import SimpleNamespace

import pytest

from tangle.modules import LanguageModelling
from tangle.modules.text_check import check_text
from tangle.spaces import GPT

TASK = LanguageModelling(vocab_size=256)


@pytest.fixture
def net():
    return GPT(256, 8, embed_dim=[4, 8], depth=[1], num_heads=[2], mlp_ratio=[1])


def text(vocab_size=256, block_size=8):
    return SimpleNamespace(vocab_size=vocab_size, block_size=block_size)


def test_text_that_fits_is_taken(net):
    check_text(net, TASK, text())
    check_text(net, TASK, text(vocab_size=100, block_size=4))


@pytest.mark.parametrize("data", [None, SimpleNamespace(num_classes=10)])
def test_data_that_tell_nothing_are_taken(net, data):
    check_text(net, TASK, data)


def test_a_vocabulary_larger_than_the_networks_is_refused(net):
    message = "bring 50257 tokens in the vocabulary, but model.net.vocab_size is 256: set it to at"
    with pytest.raises(ValueError, match=message):
        check_text(net, LanguageModelling(vocab_size=50304), text(vocab_size=50257))


def test_a_vocabulary_larger_than_the_tasks_is_refused(net):
    with pytest.raises(ValueError, match=r"model\.task\.vocab_size is 100"):
        check_text(net, LanguageModelling(vocab_size=100), text())


def test_a_block_longer_than_the_position_table_is_refused(net):
    message = "bring 9 tokens in a sequence, but model.net.block_size is 8: .* smaller data.block"
    with pytest.raises(ValueError, match=message):
        check_text(net, TASK, text(block_size=9))
