"""A task is told apart by what it must define."""

import pytest

from tangle.modules import Classification, LanguageModelling, Task


def test_a_task_without_loss_and_metrics_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="loss"):
        Task()  # type: ignore[abstract]


@pytest.mark.parametrize("task", [Classification(3), LanguageModelling(5)])
def test_the_monitored_metric_is_one_of_the_metrics(task: Task) -> None:
    assert task.monitor in task.metrics()


@pytest.mark.parametrize("task", [Classification(3), LanguageModelling(5)])
def test_metrics_are_new_each_time(task: Task) -> None:
    one, other = task.metrics(), task.metrics()
    assert all(one[name] is not other[name] for name in one)
