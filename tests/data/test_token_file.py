import pickle

import numpy as np
import pytest

from tangle.data.token_file import TokenFile

IDS = np.arange(50_000, 50_100, dtype=np.uint16)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.tokens"
    TokenFile.write(path, [IDS[:30], IDS[30:]], vocabulary="gpt2", source="digest")
    return path


def test_what_is_written_in_chunks_is_read_as_one(path):
    file = TokenFile.open(path)
    assert np.array_equal(file.ids, IDS)
    assert (file.vocabulary, file.num_tokens, file.source) == ("gpt2", 100, "digest")


def test_tokens_are_mapped_little_endian_and_read_only(path):
    ids = TokenFile.open(path).ids
    assert isinstance(ids, np.memmap)
    assert not ids.flags.writeable
    assert path.read_bytes()[512:514] == (50_000).to_bytes(2, "little")


def test_another_process_gets_the_place_and_not_the_content(path):
    file = TokenFile.open(path)
    assert len(file.ids) == 100
    sent = pickle.dumps(file)
    assert len(sent) < 400
    assert np.array_equal(pickle.loads(sent).ids, IDS)


def test_a_failure_half_way_leaves_what_was_there(path):
    def half():
        yield IDS[:10]
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        TokenFile.write(path, half(), vocabulary="gpt2", source="other")
    assert np.array_equal(TokenFile.open(path).ids, IDS)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("change", [lambda b: b[:-2], lambda b: b[:-1], lambda b: b + b"\0\0"])
def test_a_file_of_another_length_than_its_header_tells_is_refused(path, change):
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=r"a\.tokens is damaged: it holds \d+ bytes of tokens"):
        TokenFile.open(path)


@pytest.mark.parametrize("content", [b"", b"text " * 200, b"{}", b'{"format": 3}'.ljust(512)])
def test_another_kind_of_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no token file of this version"):
        TokenFile.open(path)
