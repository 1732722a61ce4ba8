"""Files out: whole or not at all, a folder of them all or none, and nothing that a sheet runs.

A file is made under another name beside its own and then renamed. A folder of files is made
beside it, and the two are exchanged in one step of the file system where it has one. What a run
that was stopped has left behind is taken away by the next.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from paraneo.errors import FileError

#: Names of unfinished files and folders begin so; the machine and the process that makes them
#: stand behind it.
_MARK = ".paraneo-"
#: What begins so may be run by a spreadsheet, unless it is a number or a range of numbers.
_RUN = re.compile(r"\s*[=+\-@\t\r]")
_NUMBERS = re.compile(r"\s*[+-]?(?:[\d.,  %]|(?<=\d)[-–]|\bto\b|\binf\b|(?<= )[+-]|[eE][+-]?\d)*")
_CURES = {
    errno.ENOSPC: "Free some space, or write elsewhere",
    errno.EDQUOT: "Free some space, or write elsewhere",
    errno.EFBIG: "Free some space, or write elsewhere",
    errno.EACCES: "Ask for permission to write there, or write elsewhere",
    errno.EPERM: "Ask for permission to write there, or write elsewhere",
    errno.EROFS: "Write elsewhere",
    errno.ENAMETOOLONG: "Give a shorter name",
    errno.ENOTDIR: "Name a folder",
    errno.EISDIR: "Name a file",
}
_EXCHANGE, _HERE = 2, -100


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``; it takes the final name only when all went well.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "table.csv") as part:
    ...     _ = part.write_text("estimate,lower,upper")
    >>> [file.name for file in folder.iterdir()]
    ['table.csv']
    """
    if not isinstance(path, str | os.PathLike):
        raise FileError(f"A path to a file is needed, and this is of type {type(path).__name__}.")
    path = Path(path)
    if "\0" in str(path):
        raise FileError("Cannot write a file whose name holds a NUL. Give another name.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=_own(), suffix=path.suffix[-20:])
        os.close(handle)
    except (OSError, ValueError) as error:
        raise FileError(f"Cannot write into '{path.parent}': {_why(error)}.") from error
    try:
        yield Path(part)
        Path(part).chmod(0o644)
        Path(part).replace(path)
    except OSError as error:
        raise FileError(f"Cannot write '{path}': {_why(error)}.") from error
    finally:
        Path(part).unlink(missing_ok=True)


@contextmanager
def written_together(folder: str | Path) -> Iterator[Path]:
    """Give a folder beside ``folder``; its files get there only when all went well, and at once.

    Other files of ``folder`` stay. Where it holds folders, or nothing can be made beside it,
    files are moved into it one by one, the last of them first.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp()) / "results"
    >>> try:
    ...     with written_together(folder) as part:
    ...         _ = (part / "one.csv").write_text("1")
    ...         raise ValueError("the second table cannot be made")
    ... except ValueError:
    ...     folder.exists()
    False
    """
    folder = Path(folder)
    try:
        beside = _beside(folder)
        made = _make(beside)
        clear_litter(beside)
        clear_litter(folder)
        part = Path(tempfile.mkdtemp(dir=beside, prefix=_own()))
    except (OSError, ValueError) as error:
        raise FileError(f"Cannot write into '{folder}': {_why(error)}.") from error
    whole = False
    try:
        yield part
        with _alone(beside):
            _put(part, folder)
        whole = True
    except OSError as error:
        raise FileError(f"Cannot write into '{folder}': {_why(error)}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        for place in () if whole else reversed(made):
            with suppress(OSError):
                place.rmdir()


def clear_litter(folder: str | Path) -> None:
    """Take away what runs on this machine that are no more have left unfinished in a folder."""
    own = f"{_MARK}{_machine()}-"
    with suppress(OSError):
        for left in Path(folder).glob(f"{own}*"):
            process = left.name.removeprefix(own).partition("-")[0]
            if not process.isdecimal() or _runs(int(process)):
                continue
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def is_litter(path: Path) -> bool:
    """Return whether a file is one that a run has not finished."""
    return path.name.startswith(_MARK)


def check_folder(folder: str | Path) -> None:
    """Raise an error unless files can be written into a folder, which need not exist yet.

    Raises
    ------
    FileError
        Naming what stands in the way. Nothing is made.
    """
    place = Path(folder)
    try:
        while not place.exists() and place != place.parent:
            place = place.parent
        is_folder = place.is_dir()
    except (OSError, ValueError) as error:
        raise FileError(f"Cannot write into '{folder}': {_why(error)}.") from error
    if not is_folder:
        raise FileError(f"Cannot write into '{folder}': '{place}' is a file.")
    if not os.access(place, os.W_OK | os.X_OK):
        raise FileError(f"Cannot write into '{folder}': there is no permission to write there.")


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a frame as CSV, whole or not at all, with nothing in it that a spreadsheet runs."""
    words = [name for name, kind in frame.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    safe = frame.copy(deep=False)
    for name in words:
        safe[name] = frame[name].map(guarded)
    safe.columns = pd.Index([guarded(name) for name in safe.columns])
    with written_whole(path) as part:
        safe.to_csv(part, index=False)


def guarded(value: object) -> object:
    """Return a cell as a spreadsheet may read it: what it would run begins with an apostrophe.

    Numbers, also written ones and ranges of them, stay as they are.

    Examples
    --------
    >>> [guarded(cell) for cell in ("=1+1", "@SUM(A1)", "-2", "-3 to -1", "+5 %", "Jones", -2.0)]
    ["'=1+1", "'@SUM(A1)", '-2', '-3 to -1', '+5 %', 'Jones', -2.0]
    """
    if not isinstance(value, str) or not _RUN.match(value) or _NUMBERS.fullmatch(value):
        return value
    return f"'{value}"


def _own() -> str:
    return f"{_MARK}{_machine()}-{os.getpid()}-"


def _machine() -> str:
    return re.sub(r"\W", "", socket.gethostname())[:32] or "here"


def _runs(process: int) -> bool:
    """Return whether a process is there; one that cannot be asked about is."""
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _why(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    cure = _CURES.get(getattr(error, "errno", None) or 0)
    return f"{said}. {cure}" if cure else said


def _beside(folder: Path) -> Path:
    """Return where a folder's files are made: beside it, or else in it."""
    parent = folder.absolute().parent
    here = Path.cwd()
    plain = not folder.exists() or (
        not folder.is_symlink()
        and not folder.is_mount()
        and folder.resolve() not in (here, *here.parents)
        and all(file.is_file() and not file.is_symlink() for file in folder.iterdir())
    )
    while not parent.exists():
        parent = parent.parent
    return folder.absolute().parent if plain and os.access(parent, os.W_OK) else folder


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; return the new ones, the uppermost first."""
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return new[::-1]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let no other run exchange folders in this one at the same time."""
    try:
        import fcntl
    except ImportError:  # where there are no such locks
        yield
        return
    lock = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems have none
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _put(part: Path, folder: Path) -> None:
    """Put the files of one folder into another, all at once if it can be."""
    if part.parent.resolve() == folder.resolve():
        _move_all(part, folder)
    elif not folder.exists():
        part.chmod(0o755)
        part.rename(folder)
    elif not _swapped(part, folder):
        inside = part.rename(folder / part.name)
        try:
            _move_all(inside, folder)
        finally:
            shutil.rmtree(inside, ignore_errors=True)


def _swapped(part: Path, folder: Path) -> bool:
    """Exchange two folders, the other files of the second in both; False where that cannot be."""
    others = []
    try:
        for file in folder.iterdir():
            if not (part / file.name).exists() and not is_litter(file):
                os.link(file, part / file.name, follow_symlinks=False)
                others.append(part / file.name)
        shutil.copymode(folder, part)
        swapped = _exchange(part, folder)
    except OSError:
        swapped = False
    if not swapped:
        for link in others:
            link.unlink()
        return False
    for late in part.iterdir():  # came between the two steps
        if not (folder / late.name).exists() and not is_litter(late):
            late.replace(folder / late.name)
    return True


def _exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two folders in one step; False where the system has no such step."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        names = os.fsencode(one), os.fsencode(other)
        if sys.platform == "darwin":
            return bool(library.renamex_np(*names, _EXCHANGE) == 0)
        return bool(library.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE) == 0)
    except (OSError, AttributeError, TypeError):
        return False


def _move_all(part: Path, folder: Path) -> None:
    """Move the files of one folder into another; where one cannot be moved, none is.

    The file made last goes first: it sums up the others, so that a process that is killed here
    never leaves an old summary beside new tables.
    """
    made = sorted(part.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    names = [file.name for file in made]
    old = part / "old"
    old.mkdir()
    for name in names:
        if (folder / name).exists():
            shutil.copy2(folder / name, old / name)
    try:
        for name in names:
            (part / name).replace(folder / name)
    except BaseException:
        for name in names:
            if (old / name).exists():
                (old / name).replace(folder / name)
            elif not (part / name).exists():
                (folder / name).unlink()
        raise
