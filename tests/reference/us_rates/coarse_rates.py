"""Coarse cancer rates from printed chances of a cancer: how the table us_cancer_rates came about.

Cancer statistics print the chance that a person alive and free of cancer at some age has a
cancer before some later age. With the mortality of the same population competing, a rate of
cancer by age gives back such chances; many rates do. Taken here are the smoothest ones: in
bands of five years, flat from 85 on, rising with age, with the least sum of squared second
differences of their logarithms. They are for examples; a study needs registry rates.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

Vector = NDArray[np.float64]
_Constraint = optimize.LinearConstraint | optimize.NonlinearConstraint

#: Lower edges of the bands; the last one is open.
AGES = np.arange(0.0, 90.0, 5.0)


def chance_of_cancer(cancer: Vector, mortality: Vector, start: float, end: float) -> float:
    r"""Return the chance of a cancer between two ages, death competing.

    Among people alive and free of cancer at ``start``,

    .. math:: \int_a^b \lambda(u) \exp\{-\int_a^u \lambda(v) + \mu(v)\,dv\}\,du.

    Parameters
    ----------
    cancer : array
        Rates per person-year in the bands of `AGES`.
    mortality : array
        Rates per person-year by single years of age from 0, the last one open.
    start, end : float
        Whole years; ``end`` may be infinite.
    """
    years = np.arange(start, min(end, len(mortality)))
    onset = cancer[np.searchsorted(AGES, years, side="right") - 1]
    leaving = onset + mortality[years.astype(np.intp)]
    length = np.ones(len(years))
    if np.isinf(end):
        length[-1] = np.inf
    gone = -np.expm1(-leaving * length)
    still = np.exp(-np.concatenate([[0.0], np.cumsum(leaving[:-1])]))
    return float(np.sum(still * gone * onset / leaving))


def smoothest_rates(chances: pd.DataFrame, mortality: Vector) -> Vector:
    """Return the smoothest rising rates that give back the chances of one sex.

    Parameters
    ----------
    chances : DataFrame
        Columns ``age_low``, ``age_high`` and ``value`` (per cent); intervals that
        follow each other from 0.
    mortality : array
        As in `chance_of_cancer`.
    """
    rows = chances[["age_low", "age_high", "value"]].itertuples(index=False)
    wanted = [(float(low), float(high), float(value) / 100) for low, high, value in rows]

    def misfit(logs: Vector) -> Vector:
        rates = np.exp(logs)
        return np.array(
            [np.log(chance_of_cancer(rates, mortality, a, b) / p) for a, b, p in wanted]
        )

    bend = np.diff(np.eye(len(AGES)), n=2, axis=0)
    met: _Constraint = optimize.NonlinearConstraint(misfit, 0.0, 0.0)
    rising: _Constraint = optimize.LinearConstraint(np.diff(np.eye(len(AGES)), axis=0), 0.0, np.inf)

    def roughness(logs: Vector) -> float:
        return float(np.sum((bend @ logs) ** 2))

    def slope(logs: Vector) -> Vector:
        return np.asarray(2 * bend.T @ (bend @ logs))

    start = np.linspace(np.log(2e-4), np.log(3e-2), len(AGES))
    found = optimize.minimize(
        roughness,
        start,
        jac=slope,
        method="SLSQP",
        constraints=[met, rising],
        tol=1e-14,
        options={"maxiter": 500},
    )
    if not found.success:
        raise RuntimeError(f"no rates give back these chances: {found.message}")
    return np.asarray(np.exp(found.x))


def coarse_cancer_rates(chances: pd.DataFrame, mortality: pd.DataFrame) -> pd.DataFrame:
    """Return the columns ``sex``, ``age`` and ``rate`` per person-year, to four digits."""
    parts = []
    for sex, own in mortality.groupby("sex", sort=False):
        printed = chances.query("sex == @sex and measure == 'probability'")
        lifetime = (printed["age_low"] == 0) & np.isinf(printed["age_high"])
        deaths = own.sort_values("age")["rate"].to_numpy(dtype=np.float64)
        rates = smoothest_rates(printed[~lifetime], deaths)
        parts.append(pd.DataFrame({"sex": sex, "age": AGES, "rate": _four_digits(rates)}))
    return pd.concat(parts, ignore_index=True)


def _four_digits(rates: Vector) -> Vector:
    return np.array([float(f"{rate:.4g}") for rate in rates])
