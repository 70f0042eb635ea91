"""The journal is Optuna's file, survives a torn line, and writes a block at once."""

import json

import optuna
import pytest
from filelock import FileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from tangle.selection.journal import Journal

DISTRIBUTIONS = {f"c{i}": optuna.distributions.CategoricalDistribution((1, 2)) for i in range(5)}


def journal(folder):
    return Journal(folder / "study.journal", FileLock(folder / "lock"))


def study_in(backend):
    return optuna.create_study(
        storage=JournalStorage(backend), study_name="x", load_if_exists=True,
        sampler=optuna.samplers.RandomSampler(0),
    )  # fmt: skip


def test_optuna_reads_the_file(tmp_path):
    backend = journal(tmp_path)
    study = study_in(backend)
    for value in (1.0, 2.0):
        with backend.together():
            study.tell(study.ask(DISTRIBUTIONS), value)
    theirs = JournalStorage(JournalFileBackend(str(tmp_path / "study.journal")))
    trials = optuna.load_study(study_name="x", storage=theirs).trials
    assert [t.value for t in trials] == [1.0, 2.0]
    assert [t.params for t in trials] == [t.params for t in study.trials]


def test_a_block_reaches_the_disk_at_its_end_and_is_seen_within(tmp_path):
    backend = journal(tmp_path)
    study = study_in(backend)
    file = tmp_path / "study.journal"
    before = file.read_bytes()
    with backend.together():
        trial = study.ask(DISTRIBUTIONS)
        assert study.trials[0].params == trial.params
        assert file.read_bytes() == before
    assert len(file.read_bytes().splitlines()) > len(before.splitlines()) + 5


def test_a_block_that_fails_is_written_as_memory_has_it(tmp_path):
    backend = journal(tmp_path)
    study = study_in(backend)

    def fail():
        with backend.together():
            study.ask(DISTRIBUTIONS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(study_in(journal(tmp_path)).trials) == len(study.trials) == 1


def test_two_writers_see_each_other_between_and_within_blocks(tmp_path):
    backends = [journal(tmp_path), journal(tmp_path)]
    studies = [study_in(backend) for backend in backends]
    for turn in range(6):
        with backends[turn % 2].together():
            assert len(studies[turn % 2].trials) == turn
            with backends[turn % 2].together():  # a block within a block is part of it
                studies[turn % 2].ask(DISTRIBUTIONS)
            assert len(studies[turn % 2].trials) == turn + 1
    assert [t.number for t in studies[0].trials] == list(range(6))
    assert [t.params for t in studies[0].trials] == [t.params for t in studies[1].trials]


@pytest.mark.parametrize("torn", [b'{"op_code":4,"worker', b"x" * 9000])
def test_a_torn_line_is_cut_off(tmp_path, torn):
    study_in(journal(tmp_path)).ask(DISTRIBUTIONS)
    file = tmp_path / "study.journal"
    whole = file.read_bytes()
    file.write_bytes(whole + torn)
    study = study_in(journal(tmp_path))
    study.ask(DISTRIBUTIONS)
    assert file.read_bytes().startswith(whole)
    assert all(json.loads(line) for line in file.read_bytes().splitlines())
    assert len(study_in(journal(tmp_path)).trials) == 2


def test_a_file_that_is_one_torn_line_is_begun_anew(tmp_path):
    (tmp_path / "study.journal").write_bytes(b'{"op')
    study = study_in(journal(tmp_path))
    assert len(study.trials) == 0
