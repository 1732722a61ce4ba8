"""Which rule and count give a printed ratio and its limits: arrays only.

A ratio and its limits are a count and the limits of that count, all divided by one expected
number. Each printed figure, give or take its rounding, therefore says where that divisor
lies, and figures that were made together leave a place where all agree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Limits, Vector, normal_quantile
from paraneo.numerics.poisson_limits import limits_of_counts

from ._implied import implied_events

#: Every rule, the commoner first, and the interval of a count that it is.
RULES = {
    "exact": "exact",
    "byar": "byar",
    "mid-p": "mid-p",
    "log-normal": "log-wald",
    "symmetric": "wald",
    "score": "score",
    "vandenbroucke": "vandenbroucke",
    "profile": "profile",
    "table": "exact",
}
#: Rules that pooled and adjusted ratios follow too, with no whole count behind them.
SHAPES = ("log-normal", "symmetric")
#: Half a unit of a table of limits printed to one decimal.
TABLE_HALF = 0.05
#: How many counts are tried at most where none is printed.
TRIES = 601


class Printed(NamedTuple):
    """What is printed in each row, NaN where it is not; shape (rows,).

    ``half`` is half the last printed unit of ratio and limits, ``expected_half`` that of
    the expected number.
    """

    ratio: Vector
    lower: Vector
    upper: Vector
    observed: Vector
    expected: Vector
    half: Vector
    expected_half: Vector


class Agreement(NamedTuple):
    """How well each rule gives the printed figures; shape (rules, rows).

    ``deviation`` is in half units of the last printed digit, so that up to 1 is rounding;
    infinite where the rule cannot be applied. ``events`` is the best count, ``fewest`` and
    ``most`` bound those with a deviation up to the tolerance, NaN if there is none.
    """

    deviation: Vector
    events: Vector
    fewest: Vector
    most: Vector


def agreement(printed: Printed, level: float, tolerance: float) -> Agreement:
    """Return how well each rule, at the printed count or else at its best, gives each row."""
    parts = [_rule_agreement(printed, rule, level, tolerance) for rule in RULES]
    return Agreement(*(np.stack(part) for part in zip(*parts, strict=True)))


def bound_and_free(printed: Printed, level: float, tolerance: float) -> tuple[Agreement, Agreement]:
    """Return the agreement at the printed counts, and as though no count were printed."""
    unknown = np.full_like(printed.observed, np.nan)
    free = agreement(printed._replace(observed=unknown), level, tolerance)
    known = ~np.isnan(printed.observed)
    bound = Agreement(*(part.copy() for part in free))
    if known.any():
        counted = agreement(Printed(*(part[known] for part in printed)), level, tolerance)
        for part, found in zip(bound, counted, strict=True):
            part[:, known] = found
    return bound, free


def likeliest(deviation: Vector) -> NDArray[np.intp]:
    """Return the rule of each row: the commonest that rounding explains, else the nearest."""
    explained = deviation <= 1.0
    first, nearest = explained.argmax(axis=0), deviation.argmin(axis=0)
    return np.asarray(np.where(explained.any(axis=0), first, nearest), dtype=np.intp)


def ratio_deviation(printed: Printed) -> Vector:
    """Return how far observed/expected and the ratio are apart, in half units; NaN if unknown.

    The expected number may be anything that rounds to the printed one.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        low = printed.observed / (printed.expected + printed.expected_half)
        high = printed.observed / np.maximum(printed.expected - printed.expected_half, 1e-300)
    apart = np.maximum(np.maximum(low - printed.ratio, printed.ratio - high), 0.0)
    return np.asarray(apart / printed.half)


def rule_limits(rule: str, count: Vector, level: float) -> Limits:
    """Return the limits of counts by a rule; those of ``table`` are the exact ones."""
    return limits_of_counts(count, RULES[rule], level)


def _rule_agreement(printed: Printed, rule: str, level: float, tolerance: float) -> Agreement:
    grid = _grid(printed, rule, level)
    tried = np.where(np.isnan(grid), 0.0, grid)
    limits = rule_limits(rule, tried, level)
    loose = np.zeros_like(tried)
    if rule == "table":
        limits = Limits(*(np.floor(10 * x) / 10 + TABLE_HALF for x in limits))
        loose += TABLE_HALF
    deviation = _deviation(printed, tried, limits, loose)
    deviation = np.where(np.isnan(grid) | ~np.isfinite(limits.upper), np.inf, deviation)
    best = np.argmin(deviation, axis=1)[:, None]
    fits = deviation <= tolerance
    some = fits.any(axis=1)
    return Agreement(
        np.take_along_axis(deviation, best, axis=1)[:, 0],
        np.take_along_axis(grid, best, axis=1)[:, 0],
        np.where(some, np.where(fits, grid, np.inf).min(axis=1), np.nan),
        np.where(some, np.where(fits, grid, -np.inf).max(axis=1), np.nan),
    )


def _grid(printed: Printed, rule: str, level: float) -> Vector:
    """Return the counts to try, shape (rows, tries): the printed one alone where there is one."""
    known = ~np.isnan(printed.observed)
    if known.all():
        return printed.observed[:, None]
    shape = rule in SHAPES
    grid = _shape_grid(printed, rule, level) if shape else _count_grid(printed, level)
    return np.where(known[:, None], printed.observed[:, None], grid)


def _mirrored(printed: Printed) -> Limits:
    """Return the limits, a missing one replaced by the other one mirrored on the log scale."""
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(np.isnan(printed.lower), printed.ratio**2 / printed.upper, printed.lower)
        high = np.where(np.isnan(printed.upper), printed.ratio**2 / printed.lower, printed.upper)
    return Limits(low, high)


def _count_grid(printed: Printed, level: float) -> Vector:
    """Return whole counts to try, shape (rows, tries): all that could give the limits' width.

    Other rules than the exact one, or one limit alone, need some counts more or fewer.
    """
    low, high = _mirrored(printed)
    half = printed.half
    wide = implied_events(printed.ratio, np.maximum(low - half, 0.0), high + half, level)
    narrow = implied_events(printed.ratio, low + half, np.maximum(high - half, 0.0), level)
    guess = implied_events(printed.ratio, low, high, level)
    with np.errstate(invalid="ignore"):
        one_sided = np.isnan(printed.lower) | np.isnan(printed.upper) | (printed.lower <= 0)
        start = np.fmin(wide, guess) / np.where(one_sided, 4.0, 1.0)
        end = np.fmax(np.where(np.isnan(narrow), 10 * guess + 40, narrow), guess)
        end = end * np.where(one_sided, 4.0, 1.0)
        start = np.floor(np.maximum(start - 3 * np.sqrt(start) - 5, 0.0))
        end = np.ceil(end + 3 * np.sqrt(end) + 5)
        span = np.nanmax(end - start, initial=0.0)
    tries = int(min(span + 1, TRIES))
    steps = np.linspace(0.0, 1.0, tries)
    return np.asarray(np.round(start[:, None] + (end - start)[:, None] * steps))


def _shape_grid(printed: Printed, rule: str, level: float) -> Vector:
    """Return counts, whole or not, whose limits are about as far apart as those printed."""
    z, half = normal_quantile(level), printed.half
    low, high = _mirrored(printed)
    with np.errstate(divide="ignore", invalid="ignore"):
        if rule == "symmetric":
            low = np.where(np.isnan(printed.lower), 2 * printed.ratio - printed.upper, low)
            high = np.where(np.isnan(printed.upper), 2 * printed.ratio - printed.lower, high)
            widths = [(high - low + side) / printed.ratio for side in (2 * half, -2 * half)]
        else:
            near = np.maximum(low - half, low / 2)
            widths = [np.log((high + half) / near), np.log((high - half) / (low + half))]
        fewest = (2 * z / np.where(widths[0] > 0, widths[0], np.nan)) ** 2
        most = (2 * z / np.where(widths[1] > 0, widths[1], np.nan)) ** 2
    most = np.where(np.isnan(most), 100.0 * fewest, most)
    steps = np.linspace(0.0, 1.0, 401)
    return np.asarray(fewest[:, None] ** (1 - steps) * most[:, None] ** steps)


def _deviation(printed: Printed, count: Vector, limits: Limits, loose: Vector) -> Vector:
    """Return the least multiple of the half units under which all figures agree.

    A printed value p with half unit h, and q before division known to ± ``loose``, places
    the divisor's inverse at p/q give or take h/q and p·loose/q². Two places meet once their
    half widths are stretched by their distance over the sum of the half widths. On a line,
    places that meet two by two all meet, so the largest over all pairs is the answer.
    """
    places: list[tuple[Vector, Vector]] = []
    worst = np.zeros_like(count)
    half = printed.half[:, None]
    for value, before, open_by in (
        (printed.ratio, count, np.zeros_like(count)),
        (printed.lower, limits.lower, loose),
        (printed.upper, limits.upper, loose),
    ):
        shown = value[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            # what is nothing before division must be printed as 0
            worst = np.fmax(worst, np.where(before <= 0, np.abs(shown) / half, 0.0))
            usable = np.where(before > 0, before, np.nan)
            places.append((shown / usable, half / usable + shown * open_by / usable**2))
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = (1.0 / printed.expected)[:, None]
        slack = (printed.expected_half / printed.expected**2)[:, None]
    places.append((inverse, slack))
    for first in range(len(places)):
        for second in range(first):
            (a, b), (c, d) = places[first], places[second]
            worst = np.fmax(worst, np.abs(a - c) / (b + d))
    return worst
