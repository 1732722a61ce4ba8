"""Tumour rows and people read through the gate, and every fault of the two together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.follow_up.moments import read_points
from paraneo.gate.events import Events, codes_of, read_some_events
from paraneo.gate.frames import as_table
from paraneo.gate.tables import Columns, as_names
from paraneo.gate.written_codes import Recode, as_written, check_recode
from paraneo.gate.written_dates import DateFormat, check_format
from paraneo.numerics.arrays import Vector

from ._rows import IARC_ORGANS, Tumours, index_rows

Whole = NDArray[np.int64]
Bools = NDArray[np.bool_]
_LEAVE = 'Correct it, or say faulty="leave_out", which counts it in the flow'
#: Columns that the cohort makes.
MADE = ("index_date", "index_site", "entry", "exit", "event")
FAULTS = ("of nobody in the people", "before birth", "after death")
TWO_ON_A_DAY = "two index tumours on one day"


@dataclass(frozen=True, slots=True)
class Register:
    """People and tumours as arrays, and what of them is at fault.

    Attributes
    ----------
    people : DataFrame
        As given.
    rows : DataFrame
        The tumours as given.
    codes : array of str
        The site of each sound tumour, in the order of ``tumours``.
    order : array of int
        Which given row each sound tumour is.
    tumours : Tumours
    index_tumour : array of int, shape (people,)
    index, end : array, shape (people,)
    sites : tuple of str
    civil : bool
    faults_of_rows : array of str
        What is wrong with each given row; empty where nothing is.
    faulty_rows, faulty_people : mapping from reason to count
    """

    people: pd.DataFrame
    rows: pd.DataFrame
    codes: NDArray[Any]
    order: Whole
    tumours: Tumours
    index_tumour: Whole
    index: Vector
    end: Vector
    sites: tuple[str, ...]
    civil: bool
    faults_of_rows: NDArray[Any]
    faulty_rows: Mapping[str, int]
    faulty_people: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _People:
    """What is read of the people."""

    frame: pd.DataFrame
    keys: pd.Index[Any]
    civil: bool
    birth: Vector
    death: Vector
    end: Vector
    index: Vector | None


def read_register(
    tumours: Any,
    people: Any,
    *,
    columns: Mapping[str, str],
    ends: str | Sequence[str],
    death: str | None,
    study_end: Any,
    index: Any,
    index_date: str | None,
    groups: Mapping[str, Any] | None,
    rule: str,
    faulty: str,
    recode: Recode | None,
    date_format: DateFormat | None,
) -> Register:
    """Read both tables; see `index_cohort`."""
    faults = Faults("the arguments of index_cohort")
    forms = {"recode": check_recode(recode, faults), "date_format": date_format}
    check_format(date_format, faults)
    faults.raise_any()
    who = Faults("the table of people")
    who.in_table = True
    source = Columns(as_table(people), who, **forms)  # type: ignore[arg-type]
    known = _read_people(source, columns, as_names(ends), death, study_end, index_date)
    what = Faults("the table of tumours")
    what.in_table = True
    rows = Columns(as_table(tumours), what, **forms)  # type: ignore[arg-type]
    at, person = _read_rows(rows, columns, known)
    group, sites = _read_groups(rows, columns["site"], groups)
    eligible = _eligible(rows, columns["site"], index, by_date=known.index is not None)
    what.raise_any()
    wrong = _wrong_rows(rows, columns, at, person, known)
    if faulty == "raise":
        what.raise_any()
    codes = np.array([as_written(x).strip() for x in _native(rows, columns["site"])], dtype=object)
    sound = np.flatnonzero(wrong == "")
    order = sound[np.lexsort((sound, at[sound], person[sound]))]
    organ = _organs(codes[order], group[order], rule)
    made = Tumours(person[order], at[order], organ, group[order], eligible[order])
    first = index_rows(made, len(known.keys))
    start = known.index
    out: dict[str, int] = {}
    if start is None:
        start = np.where(first >= 0, at[order][first] if len(order) else np.nan, np.nan)
        double = _doubled(made, first, start)
        if double.any() and faulty == "raise":
            twice = double[person] & (person >= 0) & (at == start[person]) & eligible
            said = f"{int(double.sum())} people have {TWO_ON_A_DAY}"
            cure = 'Keep one of them, or say faulty="leave_out", which counts these people'
            rows.rows_where(twice, columns["date"], said, cure)
            what.raise_any()
        start = np.where(double, np.nan, start)
        out = {TWO_ON_A_DAY: int(double.sum())} if double.any() else {}
    else:
        first = np.full(len(known.keys), -1, dtype=np.int64)
    return Register(
        known.frame,
        pd.DataFrame({name: _native(rows, name) for name in rows.names}),
        codes[order],
        order,
        made,
        first,
        start,
        known.end,
        sites,
        known.civil,
        wrong,
        {reason: n for reason in FAULTS if (n := int((wrong == reason).sum()))},
        out,
    )


def _native(source: Columns, name: str) -> pd.Series[Any]:
    series = source.native(name)
    return pd.Series(dtype=object) if series is None else series.reset_index(drop=True)


def _read_people(
    source: Columns,
    columns: Mapping[str, str],
    ends: Sequence[str],
    death: str | None,
    study_end: Any,
    index_date: str | None,
) -> _People:
    faults, birth = source.faults, columns["birth"]
    if not source.length:
        faults.add(None, "it has no rows", "Pass at least one person")
    for name in MADE:
        if source.has(name) and name not in (index_date, death, *ends):
            faults.add(name, "the cohort makes a column of this name", "Rename it")
    keys = _keys(source, columns["id"])
    if keys is not None:
        source.rows_where(keys.duplicated(), columns["id"], "the id is there already", "Keep one")
    leaves = [*ends, *([death] if death else [])]
    if not leaves and study_end is None:
        cure = "Name columns in ends or death, or give study_end"
        faults.add("ends", "nothing says when follow-up ends", cure)
    faults.raise_any()
    anybody = np.ones(source.length, dtype=bool)
    optional = dict.fromkeys([*leaves, *([index_date] if index_date else [])], anybody)
    read = read_points(source, [birth, *optional], optional)
    faults.raise_any()
    civil, at = faults.checked(read)
    last = _study_end(study_end, civil, faults)
    nan = np.full(source.length, np.nan)
    with np.errstate(invalid="ignore"):
        end = np.fmin.reduce([np.full(source.length, last), *(at[name] for name in leaves)])
    source.rows_where(
        np.isnan(end), (leaves or [birth])[0], "nothing says when follow-up ends", "Give study_end"
    )
    for name in leaves:
        source.rows_where(at[name] < at[birth], name, f"it lies before '{birth}'", "Correct them")
    faults.raise_any()
    frame = pd.DataFrame({name: _native(source, name) for name in source.names})
    return _People(
        frame.drop(columns=[name for name in MADE if name in frame]),
        pd.Index([]) if keys is None else keys,
        civil,
        at[birth],
        at[death] if death else nan,
        end,
        at[index_date] if index_date else None,
    )


def _keys(source: Columns, name: str) -> pd.Index[Any] | None:
    """Return ids as text, so that 1 in one table is "1" in the other; None where absent."""
    series = source.native(name)
    if series is None:
        return None
    missing = series.isna().to_numpy(dtype=bool)
    source.rows_where(missing, name, "id is missing", "Fill it in or leave the row out")
    return pd.Index([as_written(value).strip() for value in series])


def _study_end(given: Any, civil: bool, faults: Faults) -> float:
    if given is None:
        return np.nan
    alone = Columns({"study_end": [given]}, faults)
    read = read_points(alone, ["study_end"])
    if read is None:
        return np.nan
    if read[0] is not civil:
        said = "it is a date where times are numbers" if read[0] else "it is a number, not a date"
        faults.add("study_end", said, "Give it as the other times")
    return float(read[1]["study_end"][0])


def _read_rows(rows: Columns, columns: Mapping[str, str], known: _People) -> tuple[Vector, Whole]:
    """Return when each tumour was found, and whose it is, -1 of nobody."""
    keys = _keys(rows, columns["id"])
    read = read_points(rows, [columns["date"]]) if rows.length else (known.civil, {})
    rows.faults.raise_any()
    civil, at = rows.faults.checked(read)
    if civil is not known.civil:
        said = "it holds dates where the people have numbers, or the reverse"
        rows.faults.add(columns["date"], said, "Give both tables in one kind")
    rows.faults.raise_any()
    place = known.keys.get_indexer(pd.Index([]) if keys is None else keys)
    return at.get(columns["date"], np.zeros(0)), np.asarray(place, dtype=np.int64)


def _read_groups(
    rows: Columns, site: str, groups: Mapping[str, Any] | None
) -> tuple[Whole, tuple[str, ...]]:
    """Return the number of each tumour's site group, -1 of none, and their names."""
    series = rows.native(site)
    if series is None or not rows.length:
        return np.full(rows.length, -1), tuple(map(str, groups or ()))
    if groups is None:
        missing = series.isna().to_numpy(dtype=bool)
        rows.rows_where(missing, site, "the site is missing", "Fill it in or leave the row out")
        words = [as_written(value).strip() for value in series]
        names = sorted(set(words))
        place = {name: k for k, name in enumerate(names)}
        return np.array([place[word] for word in words]), tuple(names)
    codes = [codes_of(codes) for codes in groups.values()]
    meaning = Events(codes, (), None, separate=True)
    found = read_some_events(rows, site, meaning)
    if not found.number.any() and not rows.faults.found:
        found.unmet.note(site, rows.faults)
    return found.number - 1, tuple(map(str, groups))


def _eligible(rows: Columns, site: str, index: Any, *, by_date: bool) -> Bools:
    """Return which tumours can be the index."""
    if by_date:
        return np.zeros(rows.length, dtype=bool)
    if index is None:
        return np.ones(rows.length, dtype=bool)
    found = read_some_events(rows, site, Events(index, (), None))
    found.unmet.note(site, rows.faults)
    return np.asarray(found.number == 1)


def _wrong_rows(
    rows: Columns, columns: Mapping[str, str], at: Vector, person: Whole, known: _People
) -> NDArray[Any]:
    """Return what is wrong with each tumour, noting it."""
    wrong = np.full(rows.length, "", dtype=object)
    nobody = person < 0
    checks = (
        (nobody, columns["id"], "this person is not in the table of people"),
        (~nobody & (at < known.birth[person]), columns["date"], "the tumour is before birth"),
        (~nobody & (at > known.death[person]), columns["date"], "the tumour is after death"),
    )
    for (mask, name, said), reason in zip(checks, FAULTS, strict=True):
        rows.rows_where(mask, name, f"{said} ({int(mask.sum())} rows)", _LEAVE)
        wrong[mask] = reason
    return wrong


def _organs(codes: NDArray[Any], group: Whole, rule: str) -> Whole:
    """Return the number of what only one primary can be of, by the rule."""
    if rule == "all":
        return np.arange(len(codes))
    one = {code: organ[-1] for organ in IARC_ORGANS for code in organ}
    short = [str(code).upper().replace(".", "")[:3] for code in codes]
    if rule == "iarc":
        keys = [one.get(code, code) for code in short]
    else:
        keys = [
            f"group {k}" if k >= 0 else code for k, code in zip(group.tolist(), short, strict=True)
        ]
    return np.asarray(pd.factorize(np.array(keys, dtype=object))[0], dtype=np.int64)


def _doubled(tumours: Tumours, first: Whole, start: Vector) -> Bools:
    """Return which people have two index tumours, of two organs, on one day."""
    who = tumours.person
    mine = tumours.eligible & (tumours.at == start[who])
    other = mine & (tumours.organ != tumours.organ[first[who]])
    return np.bincount(who[other], minlength=len(start)) > 0
