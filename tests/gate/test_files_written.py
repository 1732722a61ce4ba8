"""Files are written all or none, and a folder is checked before the work begins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from paraneo.errors import FileError
from paraneo.gate.files import check_folder, written_together


def write_all(folder, *names):
    """Write files together; those named first are the oldest."""
    with written_together(folder) as part:
        for time, name in enumerate(names):
            (part / name).write_text("new")
            os.utime(part / name, (time, time))


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_new_files_come_together_with_those_that_are_there(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    write_all(tmp_path, "a.csv")
    assert contents(tmp_path) == {"mine.txt": "mine", "a.csv": "new"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "mine.txt"]


def test_where_one_file_cannot_be_moved_all_are_as_they_were(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    (tmp_path / "c.csv").mkdir()  # no file takes the place of a folder
    (tmp_path / "c.csv" / "inside").write_text("mine")
    with pytest.raises(FileError, match="Cannot write into"):
        write_all(tmp_path, "c.csv", "a.csv", "b.csv")
    assert contents(tmp_path) == {"a.csv": "old"}
    assert [path.name for path in (tmp_path / "c.csv").iterdir()] == ["inside"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "c.csv"]


def test_a_folder_that_need_not_exist_yet_is_checked_without_making_it(tmp_path):
    check_folder(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="is a file"):
        check_folder(tmp_path / "file" / "folder")


def test_where_the_last_file_cannot_be_moved_those_before_it_are_put_back(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("old")
    moved = Path.replace

    def replace(self, target):
        if self.name == "first.csv":
            raise OSError(5, "Input/output error")
        return moved(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(FileError, match="Input/output error"):
        write_all(tmp_path, "first.csv", "a.csv", "new.csv")
    assert contents(tmp_path) == {"a.csv": "old"}
