"""Death rates from the tab separated files of Eurostat."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from paraneo.errors import FileError
from paraneo.gate.verbs import verb
from paraneo.gate.written_ages import read_band
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import as_numbers, described, text_of

_SEXES = {"F": "female", "M": "male", "T": "total"}
#: Letters behind a number, such as b for a break and p for provisional.
_FLAGS = re.compile(r"(?<=[\d:])\s*[a-z]+$")
_SINGLE = re.compile(r"Y(\d+)")


@verb
def read_eurostat(
    path: str | Path,
    *,
    geo: str | None = None,
    indicator: str = "DEATHRATE",
    sexes: Sequence[str] = ("F", "M"),
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    r"""Read death rates by age, sex and year from a life table of Eurostat.

    Parameters
    ----------
    path : str or Path
        ``demo_mlifetable.tsv``, packed or not, as the bulk download has it: the first column
        holds the codes of ``freq``, ``indic_de``, ``sex``, ``age`` and ``geo``, set apart by
        commas, the others a year each. A colon is a missing rate; letters behind a number are
        flags and are left out.
    geo : str, optional
        Code of the country, such as "SE"; needed where the file holds several.
    indicator : str
        Code in ``indic_de`` of rates per person-year.
    sexes : sequence of str
        Among "F", "M" and "T", which become "female", "male" and "total" of a column "sex".
    provenance : mapping of str to str, optional

    Raises
    ------
    FileError
        When the file is not of this form, or does not hold what is asked for.

    References
    ----------
    Eurostat. Life table, online data code demo_mlifetable. ec.europa.eu/eurostat.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "demo_mlifetable.tsv"
    >>> lines = [
    ...     "freq,indic_de,sex,age,geo\\TIME_PERIOD\t2020 \t2021 ",
    ...     "A,DEATHRATE,F,Y_LT1,UT\t0.0030 b\t0.0028 ",
    ...     "A,DEATHRATE,F,Y_GE1,UT\t0.0100 \t: ",
    ... ]
    >>> _ = path.write_text("\n".join(lines))
    >>> read_eurostat(path, sexes=["F"]).rates
    array([[[0.003 , 0.0028],
            [0.01  ,    nan]]])
    >>> folder.cleanup()
    """
    frame, years = _rows(path)
    wrong = [sex for sex in sexes if sex not in _SEXES] or ([] if sexes else ["none"])
    if wrong:
        raise FileError(f"There is no sex {wrong[0]!r}. Choose among {', '.join(_SEXES)}.")
    for name, code in (("indic_de", indicator), ("geo", geo)):
        frame = _chosen(frame, name, code, path)
    frame = frame[frame["sex"].isin(list(sexes))]
    absent = [sex for sex in sexes if sex not in set(frame["sex"])]
    if absent:
        raise FileError(f"'{path}' has no row of sex {absent[0]}.")
    region = str(frame["geo"].iloc[0])
    frame = frame.assign(age_end=frame["age"].map(_end), sex=frame["sex"].map(_SEXES))
    frame["age"] = _opened(frame["age"])
    long = frame.melt(["sex", "age", "age_end"], years, "year", "rate")
    long["rate"] = as_numbers(long["rate"].map(lambda word: _FLAGS.sub("", word)), decimal=".")
    return rate_table(
        long.assign(year=long["year"].astype(int)),
        rate="rate",
        period="year",
        by="sex",
        holes="missing",
        highest_rate=float("inf"),
        provenance=described(provenance, path, source="Eurostat", data=indicator, region=region),
    )


def _rows(path: str | Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the codes of each row beside its cells, and the columns of years."""
    lines = [line.rstrip("\r") for line in text_of(path).split("\n") if line.strip()]
    head = lines[0].split("\t") if lines else [""]
    keys, mark, _ = head[0].partition("\\")
    names = [name.strip() for name in keys.split(",")]
    years = [name.strip() for name in head[1:]]
    if not mark or not {"sex", "age", "geo"} <= set(names) or not all(map(str.isdigit, years)):
        raise FileError(
            f"'{path}' is not a table of Eurostat by sex, age and year: its first line does not "
            "begin as 'freq,indic_de,sex,age,geo\\TIME_PERIOD'. Take the bulk download as .tsv."
        )
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        codes = cells[0].split(",")
        if len(codes) != len(names) or len(cells) != len(head):
            raise FileError(
                f"Line {number} of '{path}' has {len(codes)} codes and {len(cells) - 1} years, the "
                f"first {len(names)} and {len(years)}. Download it again."
            )
        rows.append([*map(str.strip, codes), *map(str.strip, cells[1:])])
    return pd.DataFrame(rows, columns=[*names, *years]), years


def _chosen(frame: pd.DataFrame, name: str, code: str | None, path: str | Path) -> pd.DataFrame:
    """Return the rows of one code; where none is asked for, there must be only one."""
    held = sorted(set(frame[name])) if name in frame else []
    if code is None and len(held) == 1:
        return frame
    if code not in held:
        shown = ", ".join(held[:20]) or "no such column"
        asked = f"no {name} {code}" if code is not None else f"several of {name}"
        word = "indicator" if name == "indic_de" else name
        raise FileError(f"'{path}' has {asked}. Choose {word}= from: {shown}.")
    return frame[frame[name] == code]


def _end(code: Any) -> float:
    found = _SINGLE.fullmatch(str(code))
    return float(found[1]) + 1.0 if found else float("nan")


def _opened(ages: pd.Series[Any]) -> pd.Series[Any]:
    """Return codes of ages with the open one named by where the last single year ends."""
    ends = [_end(code) for code in ages if read_band(code).kind == "edge"]
    return ages.replace({"Y_OPEN": f"{max(ends):g}+"} if ends else {})
