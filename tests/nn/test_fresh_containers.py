"""Empty containers are copied without `copy.deepcopy`, and a copy has its own."""

import copy
from collections import OrderedDict

from torch import nn

from tangle.nn.fresh_containers import fresh_containers


def test_copies_have_containers_of_their_own_kinds():
    module = nn.Linear(2, 3)
    module.own = set()
    module.more = {}
    fresh = fresh_containers(module)
    copied = copy.deepcopy(module, dict(fresh))
    for name, part in vars(module).items():
        if id(part) in fresh:
            assert type(vars(copied)[name]) is type(part)
            assert vars(copied)[name] is not part
    copied.register_forward_hook(lambda *_: None)
    assert not module._forward_hooks
    assert isinstance(fresh[id(module._forward_hooks)], OrderedDict)
    assert {id(module.own), id(module.more)} <= set(fresh)


def test_what_holds_something_is_left_to_deepcopy():
    module = nn.Linear(2, 3)
    module.register_forward_hook(lambda *_: None)
    module.more = {"a": []}
    fresh = fresh_containers(module)
    assert id(module._forward_hooks) not in fresh
    assert id(module._parameters) not in fresh
    copied = copy.deepcopy(module, fresh)
    assert len(copied._forward_hooks) == 1
    assert copied.more == {"a": []}
    assert copied.more["a"] is not module.more["a"]
