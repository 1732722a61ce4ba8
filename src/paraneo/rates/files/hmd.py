"""Mortality from the text files of the Human Mortality Database."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from paraneo.errors import ArgumentError, Fault, FileError
from paraneo.gate.verbs import verb
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import described, text_of

_SEXES = ("female", "male", "total")
#: Words in the titles of life tables, which are of one sex each.
_TITLES = {"female": "female", "male": "male"}


@verb
def read_hmd(
    rates: str | Path | Sequence[str | Path] | None = None,
    *,
    deaths: str | Path | None = None,
    exposures: str | Path | None = None,
    sexes: Sequence[str] = ("female", "male"),
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    r"""Read period death rates, or deaths and exposures, of the Human Mortality Database.

    Parameters
    ----------
    rates : path, optional
        A file such as ``Mx_1x1.txt``, ``Mx_5x1.txt`` or ``Mx_1x5.txt``, or a life table such
        as ``fltper_1x1.txt``, of whose columns mx is taken and which is of one sex; several
        files in a list make one table. A full stop is a missing rate, and the age "110+" is
        open.
    deaths, exposures : path, optional
        ``Deaths_1x1.txt`` and ``Exposures_1x1.txt`` instead; the table then holds counts
        and can be made coarser.
    sexes : sequence of str
        Among "female", "male" and "total", which become labels of a column "sex".
    provenance : mapping of str to str, optional

    Raises
    ------
    FileError
        When a file is absent or not of this form, or holds cohorts: their year is that
        of birth.

    References
    ----------
    Human Mortality Database. Max Planck Institute for Demographic Research, University of
    California, Berkeley, and French Institute for Demographic Studies. www.mortality.org.

    Examples
    --------
    The beginning and the end of a file of a simulated country:

    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "Mx_1x1.txt"
    >>> lines = [
    ...     "Utopia, Death rates (period 1x1)",
    ...     "",
    ...     "  Year  Age   Female    Male   Total",
    ...     "  2000    0    0.0040  0.0050  0.0045",
    ...     "  2000   1+    0.0090  0.0110       .",
    ... ]
    >>> _ = path.write_text("\n".join(lines))
    >>> table = read_hmd(path)
    >>> table.summary()
          sex  age age_band  age_end  period   period_band  period_end   rate
    0  female  0.0   0 to 1      1.0  2000.0  2000 to 2001      2001.0  0.004
    1  female  1.0       1+      inf  2000.0  2000 to 2001      2001.0  0.009
    2    male  0.0   0 to 1      1.0  2000.0  2000 to 2001      2001.0  0.005
    3    male  1.0       1+      inf  2000.0  2000 to 2001      2001.0  0.011
    >>> folder.cleanup()
    """
    wrong = [sex for sex in sexes if sex not in _SEXES] if sexes else ["none"]
    faults = [Fault("sexes", (), f"no sex {sex!r}", f"Choose from {_SEXES}") for sex in wrong]
    counted = deaths is not None and exposures is not None
    if (rates is not None) == counted or (deaths is None) != (exposures is None):
        cure = "Give rates, or deaths and exposures"
        faults.append(Fault(None, (), "neither one file of rates nor two of counts", cure))
    if faults:
        raise ArgumentError("the files of the Human Mortality Database", faults)
    if rates is not None:
        several = isinstance(rates, list | tuple)
        paths: list[Any] = list(rates) if several else [rates]  # type: ignore[arg-type]
        read = [_read(path, sexes) for path in paths]
        title, frame = read[0][0], pd.concat([rows for _, rows in read], ignore_index=True)
        known = described(provenance, paths[0], source="Human Mortality Database", data=title)
        names: dict[str, Any] = {"rate": "value"}
    else:
        assert deaths is not None
        assert exposures is not None
        title, frame = _read(deaths, sexes)
        _, other = _read(exposures, sexes)
        frame = frame.merge(
            other, on=["Year", "Age", "sex"], how="outer", suffixes=("", "_at_risk")
        )
        known = described(provenance, deaths, source="Human Mortality Database", data=title)
        names = {"cases": "value", "person_years": "value_at_risk"}
    return rate_table(
        _single_years(frame),
        age="Age",
        period="Year",
        by="sex",
        holes="missing",
        highest_rate=float("inf"),
        provenance=known,
        **names,
    )


def _read(path: str | Path, sexes: Sequence[str]) -> tuple[str, pd.DataFrame]:
    """Return the title of a file and its rows in long form."""
    lines = text_of(path).splitlines()
    start = next((n for n, line in enumerate(lines[:5]) if line.split()[:2] == ["Year", "Age"]), -1)
    if start < 0:
        raise FileError(
            f"'{path}' is no file of the Human Mortality Database: no line among its first begins "
            "with Year and Age. Save it as the database offers it, as text."
        )
    title = " ".join(lines[0].split()) if start else ""
    if "cohort" in title.casefold():
        raise FileError(
            f"'{path}' holds cohorts, whose year is that of birth. Take the period file."
        )
    words = {"Year": str, "Age": str}
    text = io.StringIO("\n".join(lines[start:]))
    try:
        frame = pd.read_csv(text, sep=r"\s+", dtype=words, na_values=".")
    except (pd.errors.ParserError, ValueError) as error:
        raise FileError(f"'{path}' cannot be read as a table: {str(error).strip()}") from error
    if "mx" in frame.columns:
        sex = next((sex for word, sex in _TITLES.items() if word in title.casefold()), "total")
        return title, frame[["Year", "Age"]].assign(sex=sex, value=frame["mx"])
    absent = [sex for sex in sexes if sex.title() not in frame.columns]
    if absent:
        raise FileError(f"'{path}' has no column {absent[0].title()}. Take the file of both sexes.")
    long = frame.melt(["Year", "Age"], [sex.title() for sex in sexes], "sex", "value")
    return title, long.assign(sex=long["sex"].str.casefold())


def _single_years(frame: pd.DataFrame) -> pd.DataFrame:
    """Say that a year or an age written alone is one year wide, as the database has it."""
    for name in ("Year", "Age"):
        alone = frame[name].str.fullmatch(r"\d+")
        frame[f"{name}_end"] = pd.to_numeric(frame[name].where(alone)) + 1
    return frame
