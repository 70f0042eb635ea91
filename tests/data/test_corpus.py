import os

import pytest

from tangle.data.corpus import FileCorpus


def test_a_file_is_one_document_as_it_is(tmp_path):
    (tmp_path / "a.txt").write_text("  one\n\ntwo ", encoding="utf-8")
    assert list(FileCorpus(tmp_path / "a.txt").documents()) == ["  one\n\ntwo "]


def test_a_separator_makes_documents_without_white_space_around(tmp_path):
    text = "\n one\nmore\n--\n\n--\ntwo -- two\n--\n\nthree"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    for separator in ("--", "--\n"):
        found = FileCorpus(tmp_path / "a.txt", separator=separator).documents()
        assert list(found) == ["one\nmore", "two -- two", "three"]


def test_a_folder_gives_its_files_in_order_and_leaves_out_others(tmp_path):
    for name in ("b.txt", "a.txt", "sub/c.txt", "d.md", ".hidden.txt", "empty.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(" " if name == "empty.txt" else name, encoding="utf-8")
    assert list(FileCorpus(tmp_path).documents()) == ["a.txt", "b.txt", "sub/c.txt"]
    assert list(FileCorpus(tmp_path, pattern="*.md").documents()) == ["d.md"]


def test_a_byte_order_mark_is_no_text(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone")
    assert list(FileCorpus(tmp_path / "a.txt").documents()) == ["one"]


@pytest.mark.parametrize("change", ["content", "time", "new file"])
def test_the_fingerprint_changes_with_the_files_and_the_name_does_not(tmp_path, change):
    file = tmp_path / "a.txt"
    file.write_text("one")
    before = FileCorpus(tmp_path)
    name, fingerprint = before.name, before.fingerprint
    assert FileCorpus(tmp_path).fingerprint == fingerprint
    if change == "content":
        file.write_text("other")
    elif change == "time":
        os.utime(file, (1, 1))
    else:
        (tmp_path / "b.txt").write_text("two")
    assert FileCorpus(tmp_path).fingerprint != fingerprint
    assert FileCorpus(tmp_path).name == name


def test_how_text_is_read_is_part_of_the_name(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    ways = [{}, {"pattern": "*"}, {"separator": "--"}]
    assert len({FileCorpus(tmp_path, **way).name for way in ways}) == 3


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.txt does not exist; give a text file"):
        FileCorpus(tmp_path / "none.txt")


def test_a_folder_without_text_is_refused(tmp_path):
    (tmp_path / "a.md").touch()
    with pytest.raises(FileNotFoundError, match=r"holds no file named \*\.txt; change pattern"):
        FileCorpus(tmp_path)


def test_a_file_that_is_not_utf8_is_named(tmp_path):
    (tmp_path / "latin.txt").write_bytes("é".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.txt is not UTF-8 text .*; convert it"):
        list(FileCorpus(tmp_path).documents())
