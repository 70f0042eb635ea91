"""What an update minimises."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tangle.algorithms import DARTS, OFA, SPOS, Sandwich
from tangle.modules import Classification
from tangle.modules.objective import Objective, draws_several
from tangle.nn import Supernet
from tests.planted import CLASSES, PlantedNet, planted_pair


def make(algorithm: type, distillation: float) -> Objective:
    supernet = Supernet(PlantedNet())
    return Objective(supernet, Classification(CLASSES), algorithm(supernet.space), distillation)


def test_all_but_the_first_imitate_it_in_the_given_share() -> None:
    objective = make(Sandwich, 0.25)
    x, target = planted_pair(16, 0)
    archs = objective.algorithm.draw(7)
    teacher = objective.supernet(x, archs[0]).detach()
    losses = [compute() for compute in objective.losses("weights", [(x, target)], 7)]
    torch.testing.assert_close(losses[0], F.cross_entropy(teacher, target))
    for loss, arch in zip(losses[1:], archs[1:], strict=True):
        output = objective.supernet(x, arch)
        imitation = -(teacher.softmax(1) * output.log_softmax(1)).sum(1).mean()
        torch.testing.assert_close(loss, 0.75 * F.cross_entropy(output, target) + 0.25 * imitation)


def test_only_several_drawn_architectures_can_imitate_one() -> None:
    space = Supernet(PlantedNet()).space
    several = {kind: draws_several(kind(space)) for kind in (DARTS, SPOS, Sandwich, OFA)}
    assert several == {DARTS: False, SPOS: False, Sandwich: True, OFA: True}


def test_the_teacher_learns_nothing_from_its_pupils() -> None:
    objective = make(Sandwich, 1.0)
    pair = planted_pair(16, 0)
    first, *others = objective.losses("weights", [pair], 0)
    first()
    gradients = torch.autograd.grad(
        others[-1](), list(objective.supernet.parameters()), allow_unused=True
    )
    # The smallest pupil has one hidden unit: nothing flows into the teacher's other seven.
    assert gradients[0] is not None
    assert gradients[0][0].abs().sum() > 0
    assert gradients[0][1:].abs().sum() == 0


def test_each_batch_has_a_teacher_of_its_own() -> None:
    objective = make(Sandwich, 1.0)
    pairs = [planted_pair(16, 0), planted_pair(16, 1)]
    both = [compute() for compute in objective.losses("weights", pairs, 0)]
    apart = [c() for pair in pairs for c in objective.losses("weights", [pair], 0)]
    torch.testing.assert_close(both, apart)


def test_the_architecture_loss_has_the_algorithms_penalty() -> None:
    class Penalized(DARTS):
        def penalty(self) -> Tensor:
            return torch.tensor(3.0)

    pair = planted_pair(16, 0)
    torch.manual_seed(0)
    (plain,) = make(DARTS, 0.0).losses("arch", [pair], 0)
    torch.manual_seed(0)
    (penalized,) = make(Penalized, 0.0).losses("arch", [pair], 0)
    torch.testing.assert_close(penalized() - plain(), torch.tensor(3.0))


def test_the_architecture_loss_has_the_penalty_of_the_budget() -> None:
    supernet, task = Supernet(PlantedNet()), Classification(CLASSES)
    algorithm = DARTS(supernet.space)
    pair = planted_pair(16, 0)
    plain = Objective(supernet, task, algorithm)
    limited = Objective(supernet, task, algorithm, budget=lambda weights: 3 * weights["width"][1])
    for purpose, expected in (("arch", 3 * 0.5), ("weights", 0.0)):
        (one,), (other,) = (o.losses(purpose, [pair], 0) for o in (limited, plain))
        difference = (one() - other()).detach()
        torch.testing.assert_close(difference, torch.tensor(expected), rtol=1e-2, atol=1e-6)
