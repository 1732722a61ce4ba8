"""The Aalen-Johansen estimator for competing causes and its variances.

The state carried along time is (F, S, L): cumulative incidence F of one cause, event-free
probability S, and L, the area under F. At an event time with Y at risk, d events of all
causes and d1 of the cause in question, with p = d / Y and p1 = d1 / Y,

    F <- F + S p1,   S <- S (1 - p),   and between events   L <- L + F dt.

Errors in p1 and p pass through the same linear map, so that their covariance matrix is
carried along with it: sums of products only, no differences of large numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from paraneo.numerics.arrays import Vector
from paraneo.survival.risk_sets import Index, People, RiskSets, spans, sum_at_risk

GREENWOOD, AALEN = 0, 1


class Curve(NamedTuple):
    """Estimates just after each event time, each of shape (m,).

    Attributes
    ----------
    incidence, survival, area : array
        F, S and L.
    var_incidence, var_survival, var_area, cov_area : array
        Variances of F, S and L, and the covariance of F and L.
    """

    incidence: Vector
    survival: Vector
    area: Vector
    var_incidence: Vector
    var_survival: Vector
    var_area: Vector
    cov_area: Vector


def curve(sets: RiskSets, people: People, cause: int, std_error: str) -> Curve:
    """Return the curve of one cause (1, 2, …) with the estimator of its variance that is named."""
    events = np.ascontiguousarray(sets.events[:, cause - 1])
    every = sets.events @ np.ones(sets.events.shape[1])  # a sum along rows takes longer
    if std_error == "jackknife":
        return _jackknife(sets, people, cause, events, every)
    kind = AALEN if std_error == "aalen" else GREENWOOD
    return Curve(*_model_based(sets.time, sets.at_risk, events, every, kind))


@njit(cache=True, nogil=True)
def _model_based(time, at_risk, events, every, kind):  # type: ignore[no-untyped-def]
    """Carry the covariance of (F, S, L), with independent errors at each event time."""
    m = len(time)
    out = np.zeros((7, m))
    f, s, area, before = 0.0, 1.0, 0.0, 0.0
    ff = fs = ss = fl = sl = ll = 0.0
    for i in range(m):
        dt, y = time[i] - before, at_risk[i]
        before = time[i]
        area += f * dt
        ll += dt * (2.0 * fl + dt * ff)
        fl += dt * ff
        sl += dt * fs
        p, p1 = every[i] / y, events[i] / y
        if kind == AALEN:
            other = every[i] - events[i]
            e11 = events[i] * (y - events[i]) / (y * y * max(y - 1.0, 1.0))
            e1 = e11
            e = e11 + other * (y - other) / (y * y * max(y - 1.0, 1.0))
            if y == 1.0:
                e11, e1, e = events[i], events[i], 1.0
        else:
            e11, e1, e = p1 * (1.0 - p1) / y, p1 * (1.0 - p) / y, p * (1.0 - p) / y
        ff += p1 * (2.0 * fs + p1 * ss) + s * s * e11
        fs = (1.0 - p) * (fs + p1 * ss) - s * s * e1
        ss = (1.0 - p) ** 2 * ss + s * s * e
        fl += p1 * sl
        sl *= 1.0 - p
        f += s * p1
        s *= 1.0 - p
        out[0, i], out[1, i], out[2, i] = f, s, area
        out[3, i], out[4, i], out[5, i], out[6, i] = ff, ss, ll, fl
    return out


def _jackknife(sets: RiskSets, people: People, cause: int, events: Vector, every: Vector) -> Curve:
    """Sum the squared influences of all people, without making them one by one.

    The influence of somebody at risk since entry is that of somebody always at risk, less
    what the latter had gathered by then, carried forward. Its sums over those at risk and
    over those who have their event are therefore sums of three numbers a person, and
    nobody's influence has to be followed on its own.
    """
    f, s, area, always = _always_at_risk(sets.time, sets.at_risk, events, every)
    m, square = len(sets.time), people.squares
    # how many squared influences there are: of those at risk, and with an event
    number = [sets.at_risk, events, every]
    if not people.counted:
        place = np.searchsorted(sets.time, people.exit)
        number[0] = sum_at_risk(people, sets.time, square)
        for k, who in ((1, people.cause == cause), (2, people.cause > 0)):
            number[k] = np.bincount(place[who], square[who], m).astype(np.float64)
    at_risk, mine, others = np.zeros((m, 3)), np.zeros((m, 3)), np.zeros((m, 3))
    if people.entry is not None:
        first, last = spans(people, sets.time)
        late = np.flatnonzero((first > 0) & (first < last))
        first, last = first[late], last[late]
        gathered = _gathered(sets.time, f, s, area, always, first, people.entry[late])
        had, own = people.cause[late], square[late]
        for k in range(3):
            column = own * gathered[k]
            came = np.bincount(first, column, m + 1)
            left = np.bincount(last, column, m + 1)
            at_risk[:, k] = np.cumsum(came - left)[:m]
            for target, which in ((mine, had == cause), (others, (had > 0) & (had != cause))):
                target[:, k] = np.bincount(last[which] - 1, column[which], m)
    out = _squared_influences(  # type: ignore[call-arg]
        sets.time, sets.at_risk, events, every, *number, at_risk, mine, others
    )
    return Curve(*out)


@njit(cache=True, nogil=True)
def _always_at_risk(time, at_risk, events, every):  # type: ignore[no-untyped-def]
    """Return F, S, L and the influence of one who is at risk throughout and has no event."""
    m = len(time)
    incidence, survival, areas = np.zeros(m), np.zeros(m), np.zeros(m)
    always = np.zeros((m, 3))
    f, s, area, before = 0.0, 1.0, 0.0, 0.0
    uf = us = ul = 0.0
    for i in range(m):
        dt, y = time[i] - before, at_risk[i]
        before = time[i]
        area += f * dt
        ul += uf * dt
        p, p1 = every[i] / y, events[i] / y
        uf += p1 * us - s * p1 / y
        us = 0.0 if p == 1.0 else (1.0 - p) * us + s * p / y
        f += s * p1
        s *= 1.0 - p
        incidence[i], survival[i], areas[i] = f, s, area
        always[i, 0], always[i, 1], always[i, 2] = uf, us, ul
    return incidence, survival, areas, always


def _gathered(
    time: Vector, f: Vector, s: Vector, area: Vector, always: Vector, first: Index, entry: Vector
) -> tuple[Vector, Vector, Vector]:
    """Return what one always at risk had gathered by the delayed entry of each."""
    i = first - 1
    since = entry - time[i]
    uf, us, ul = always[i, 0], always[i, 1], always[i, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(s[i] > 0, us / s[i], 0.0)
    level = uf - f[i] * share
    area_then = ul + since * uf - (area[i] + since * f[i]) * share
    return level, share, area_then - entry * level


@njit(cache=True, nogil=True)
def _squared_influences(  # type: ignore[no-untyped-def]
    time, at_risk, events, every, number, number_mine, number_every, late, late_mine, late_other
):
    """Carry the sums of squares and products of all influences on (F, S, L)."""
    m = len(time)
    out = np.zeros((7, m))
    f, s, area, before = 0.0, 1.0, 0.0, 0.0
    uf = us = ul = 0.0
    ff = fs = ss = fl = sl = ll = 0.0
    for i in range(m):
        t, y = time[i], at_risk[i]
        dt = t - before
        before = t
        area += f * dt
        ul += uf * dt
        ll += dt * (2.0 * fl + dt * ff)
        fl += dt * ff
        sl += dt * fs
        p, p1, stay = every[i] / y, events[i] / y, 1.0 - every[i] / y
        ff += p1 * (2.0 * fs + p1 * ss)
        fs = stay * (fs + p1 * ss)
        ss *= stay * stay
        fl += p1 * sl
        sl *= stay
        for who in range(3):
            if who == 0:
                n, q, a, b = number[i], late[i], -s * p1 / y, s * p / y
                shift_f, shift_s = 0.0, 0.0
            elif who == 1:
                n, q, a, b = number_mine[i], late_mine[i], s / y, -s / y
                shift_f, shift_s = -s * p1 / y, s * p / y
            else:
                n, q, a, b = number_every[i] - number_mine[i], late_other[i], 0.0, -s / y
                shift_f, shift_s = -s * p1 / y, s * p / y
            if n == 0.0:
                continue
            xf = n * uf - q[0] - f * q[1]
            xs = n * us - s * q[1]
            xl = n * ul - q[2] - t * q[0] - area * q[1]
            xf, xs = xf + p1 * xs + n * shift_f, stay * xs + n * shift_s
            ff += a * (2.0 * xf + n * a)
            fs += a * xs + b * xf + n * a * b
            ss += b * (2.0 * xs + n * b)
            fl += a * xl
            sl += b * xl
        uf += p1 * us - s * p1 / y
        us = 0.0 if p == 1.0 else stay * us + s * p / y
        f += s * p1
        s *= stay
        out[0, i], out[1, i], out[2, i] = f, s, area
        out[3, i], out[4, i], out[5, i], out[6, i] = ff, max(ss, 0.0), ll, fl
    return out
