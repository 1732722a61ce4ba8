"""A simulated cancer registry whose truth is known: people, tumours, rates, true ratios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.verbs import verb
from paraneo.numerics import calendar
from paraneo.results.result import Result

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

PEOPLE, SEED = 20_000, 2026
#: Each site, its code, rate per 100 000 person-years at 60 in women and in men (none: no rates),
#: and the power of age by which it rises. Hypothetical, of the size of European rates.
SITES = (
    ("Lip, oral cavity", "C04.9", 12.0, 24.0, 3.5),
    ("Oesophagus", "C15.9", 5.0, 18.0, 5.0),
    ("Stomach", "C16.9", 9.0, 18.0, 5.0),
    ("Colorectum", "C18.7", 75.0, 110.0, 5.0),
    ("Liver", "C22.0", 7.0, 20.0, 4.5),
    ("Pancreas", "C25.9", 22.0, 28.0, 5.0),
    ("Larynx", "C32.9", 2.0, 14.0, 4.0),
    ("Lung", "C34.1", 90.0, 150.0, 5.0),
    ("Melanoma of skin", "C43.5", 35.0, 38.0, 2.0),
    ("Breast", "C50.4", 330.0, None, 2.0),
    ("Cervix uteri", "C53.9", 13.0, None, 0.5),
    ("Corpus uteri", "C54.1", 70.0, None, 4.0),
    ("Ovary", "C56", 32.0, None, 3.0),
    ("Prostate", "C61", None, 480.0, 6.0),
    ("Testis", "C62.9", None, 4.0, -1.0),
    ("Kidney", "C64", 20.0, 42.0, 4.0),
    ("Bladder", "C67.9", 18.0, 65.0, 6.0),
    ("Brain, nervous system", "C71.9", 11.0, 15.0, 2.5),
    ("Thyroid", "C73", 22.0, 8.0, 0.5),
    ("Non-Hodgkin lymphoma", "C83.3", 32.0, 42.0, 4.0),
)
#: True ratios of later tumours, for people without and with radiotherapy; of others 1.
RATIOS = {
    "Oesophagus": (1.0, 3.0),
    "Lung": (1.4, 2.2),
    "Breast": (1.25, 1.25),
    "Bladder": (1.3, 1.3),
    "Thyroid": (2.0, 2.0),
    "Stomach": (0.7, 0.7),
}
#: In the first year after the index more is looked for, and found.
FIRST_YEAR = 1.5
AGES = (0, *range(20, 90, 5))
YEARS = (1990, 1995, 2000, 2005, 2010, 2015)
FIRST, LAST = 1990, 2020
#: Change of all rates in a year, and the age at which rates are as they stand above.
TREND, AT = 1.01, 60.0
#: Deaths a year at 60, and the years of age in which they double; people who emigrate a year.
MORTALITY, DOUBLING, EMIGRATION = 0.012, 8.0, 0.008


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SimulatedRegistry(Result):
    """A registry of people with a first cancer, all of whose tumours are drawn from known rates.

    Attributes
    ----------
    people : DataFrame
        ``id sex birth radiotherapy death emigration``, the last two empty where there is none.
    tumours : DataFrame
        ``id date site``: the first tumour of each, and all later ones, as ICD-10 codes.
    rates : DataFrame
        ``endpoint sex age year rate`` per person-year, by site group.
    truth : DataFrame
        ``site radiotherapy follow_up ratio``: by what the rates are multiplied after the first
        tumour, in its first year and later.
    study_end : str
    """

    people: pd.DataFrame
    tumours: pd.DataFrame
    rates: pd.DataFrame
    truth: pd.DataFrame
    study_end: str

    def summary(self) -> pd.DataFrame:
        """Return first and later tumours of each code: ``site first later``."""
        order = self.tumours.sort_values(["id", "date"])
        first = ~order["id"].duplicated()
        counts = order.assign(first=first, later=~first).groupby("site")[["first", "later"]].sum()
        return counts.reset_index()

    def _heading(self) -> str:
        return f"Simulated registry: {len(self.people):,d} people, {len(self.tumours):,d} tumours"


@verb
def simulated_registry(people: int = PEOPLE, *, seed: int = SEED) -> SimulatedRegistry:
    """Return a simulated registry of people with a first cancer in 1990 to 2014.

    Everybody's first tumour is of a site drawn by its rate at that age and sex. Later ones are
    drawn from the rates of the population times the true ratio of their site, until death,
    emigration or the end of 2019. No person is real; the rates are hypothetical, of the size of
    European ones.

    Parameters
    ----------
    people : int
    seed : int
        The same seed gives the same registry.

    Returns
    -------
    SimulatedRegistry

    Examples
    --------
    >>> registry = simulated_registry(1000)
    >>> registry.people.columns.tolist()
    ['id', 'sex', 'birth', 'radiotherapy', 'death', 'emigration']
    """
    faults = Faults("the arguments of simulated_registry")
    whole = isinstance(people, int | np.integer) and not isinstance(people, bool)
    if not whole or people < 1:
        faults.add("people", f"{people!r} must be a number of people", "Give 1 or more")
    faults.raise_any()
    rng = np.random.default_rng(seed)
    men = rng.random(people) < 0.5
    age = 35.0 + 50.0 * np.sqrt(rng.random(people))
    index = _day(FIRST + 25.0 * rng.random(people))
    birth = index - (age * calendar.DAYS_PER_YEAR).astype(np.int64)
    treated = rng.random(people) < 0.4
    site = _first_sites(rng, men, age)
    died = _ages_of_death(rng, age)
    death = birth + np.ceil(died * calendar.DAYS_PER_YEAR).astype(np.int64)
    moved = index + np.ceil(-np.log(rng.random(people)) / EMIGRATION * calendar.DAYS_PER_YEAR)
    end = _day(np.array([float(LAST)]))[0] - 1
    death_known, moved_known = death <= end, moved <= end
    last = np.minimum(np.minimum(death, moved.astype(np.int64)), end)
    who, day, later = _later(rng, men, treated, birth, index, last)
    codes = np.array([row[1] for row in SITES])
    tumours = pd.DataFrame(
        {
            "id": np.concatenate([np.arange(people), who]) + 1,
            "date": _dates(np.concatenate([index, day])),
            "site": codes[np.concatenate([site, later])],
        }
    ).sort_values(["id", "date"], ignore_index=True, kind="stable")
    table = pd.DataFrame(
        {
            "id": np.arange(people) + 1,
            "sex": np.where(men, "male", "female"),
            "birth": _dates(birth),
            "radiotherapy": np.where(treated, "yes", "no"),
            "death": pd.Series(_dates(death)).where(death_known & (death <= moved)),
            "emigration": pd.Series(_dates(moved.astype(np.int64))).where(
                moved_known & (moved < death)
            ),
        }
    )
    return SimulatedRegistry(table, tumours, _rates(), _truth(), f"{LAST - 1}-12-31")


def _day(year: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(calendar.first_of_january(year), dtype=np.int64)


def _dates(day: NDArray[np.int64]) -> NDArray[np.datetime64]:
    return calendar.dates(day)


def _rate_cube() -> NDArray[np.float64]:
    """Return rates per person-year, shape (sites, sexes, ages, periods), 0 where there are none."""
    middle = np.array([10.0, *(age + 2.5 for age in AGES[1:])])
    power = np.array([row[4] for row in SITES])
    base = np.array([[row[2] or 0.0, row[3] or 0.0] for row in SITES]) / 1e5
    by_age = (middle / AT) ** power[:, None]
    # of cancers that grow rarer with age none are drawn towards infinity
    by_age = np.minimum(by_age, 3.0**5)
    by_year = TREND ** (np.array(YEARS) + 2.5 - 2000.0)
    cube = base[:, :, None, None] * by_age[:, None, :, None] * by_year
    return np.asarray([[[[float(f"{x:.5g}") for x in a] for a in b] for b in c] for c in cube])


def _rates() -> pd.DataFrame:
    cube = _rate_cube()
    place = np.argwhere(np.ones(cube.shape, dtype=bool))
    names = np.array([row[0] for row in SITES], dtype=object)
    frame = pd.DataFrame(
        {
            "endpoint": names[place[:, 0]],
            "sex": np.array(["female", "male"], dtype=object)[place[:, 1]],
            "age": np.array(AGES)[place[:, 2]],
            "year": np.array(YEARS)[place[:, 3]],
            "rate": cube.ravel(),
        }
    )
    return frame[frame["rate"] > 0].reset_index(drop=True)


def _ratio_cube() -> NDArray[np.float64]:
    """Return true ratios, shape (sites, without and with radiotherapy, first year and later)."""
    ratio = np.array([RATIOS.get(row[0], (1.0, 1.0)) for row in SITES])
    return np.asarray(ratio[:, :, None] * np.array([FIRST_YEAR, 1.0]))


def _truth() -> pd.DataFrame:
    cube = _ratio_cube()
    rows = [
        (row[0], treated, since, cube[k, j, i])
        for k, row in enumerate(SITES)
        for j, treated in enumerate(("no", "yes"))
        for i, since in enumerate((0.0, 1.0))
    ]
    return pd.DataFrame(rows, columns=["site", "radiotherapy", "follow_up", "ratio"])


def _first_sites(
    rng: Generator, men: NDArray[np.bool_], age: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the site of each one's first tumour, by the rates at that age."""
    cube = _rate_cube()[..., 2]
    band = np.searchsorted(AGES, age, side="right") - 1
    share = np.cumsum(cube[:, men.astype(int), band], axis=0)
    return np.asarray((share < rng.random(len(age)) * share[-1]).sum(axis=0))


def _ages_of_death(rng: Generator, age: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ages of death, of those alive at an age, under Gompertz's mortality."""
    slope = np.log(2.0) / DOUBLING
    now = MORTALITY / slope * np.exp(slope * (age - AT))
    later = np.log1p(-np.log(rng.random(len(age))) / now) / slope
    return np.asarray(np.minimum(age + later, 110.0))


def _later(
    rng: Generator,
    men: NDArray[np.bool_],
    treated: NDArray[np.bool_],
    birth: NDArray[np.int64],
    index: NDArray[np.int64],
    last: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return whose later tumours are found when and where, by thinning a process of higher rate."""
    cube, ratio = _rate_cube(), _ratio_cube()
    highest = cube.max(axis=(2, 3)) * ratio.max(axis=(1, 2))[:, None]
    follow_up = np.maximum(last - index, 0) / calendar.DAYS_PER_YEAR
    total = highest.sum(axis=0)[men.astype(int)]
    who: list[NDArray[np.int64]] = []
    at: list[NDArray[np.float64]] = []
    now = np.zeros(len(index))
    open_ = np.arange(len(index))
    while len(open_):  # the next candidate of everybody whose follow-up is not over
        now[open_] -= np.log(rng.random(len(open_))) / total[open_]
        open_ = open_[now[open_] < follow_up[open_]]
        who.append(open_)
        at.append(now[open_])
    person, since = np.concatenate(who), np.concatenate(at)
    share = np.cumsum(highest[:, men[person].astype(int)], axis=0)
    site = np.asarray((share < rng.random(len(person)) * share[-1]).sum(axis=0))
    day = index[person] + np.ceil(since * calendar.DAYS_PER_YEAR).astype(np.int64)
    day = np.minimum(day, last[person])
    sex = men[person].astype(int)
    # the rate of the day before, which is the last of the time at risk
    age = calendar.years_between(birth[person], day - 1)
    year = calendar.calendar_year(day - 1)
    band = np.searchsorted(AGES, age, side="right") - 1
    period = np.searchsorted(YEARS, year, side="right") - 1
    first = calendar.years_between(index[person], day - 1) < 1.0
    rate = cube[site, sex, band, period]
    rate = rate * ratio[site, treated[person].astype(int), np.where(first, 0, 1)]
    kept = rng.random(len(person)) * highest[site, sex] < rate
    return person[kept], day[kept], site[kept]
