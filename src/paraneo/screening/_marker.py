"""A marker that belongs to the excess: arrays only.

Of those who will get an excess cancer in the j-th band of time a proportion s_j is positive, of
those who get none f; ordinary cancers know nothing of the marker. With A_j the cumulative excess
hazard from t to the end of band j, A_0 = 0 and A the last, a person without an excess cancer by t
will get one in band j with probability D_j = exp(-A_{j-1}) - exp(-A_j), so that

    P(+ | none by t) = sum of s_j D_j + f exp(-A),
    hazard given +   = ordinary + excess * s_j / P(+ | none by t) within band j,

and likewise for the negative with 1 - s_j and 1 - f. With one band no edge stands in it. Both
hazards are at least the ordinary one, and the two groups mix back to the whole at every time.
The last axis of s and of A is that of the bands.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector


class Positives(NamedTuple):
    """The proportions of positives among those who will get an excess cancer, and the others.

    ``excess`` (..., bands) by the band of time in which it comes, ``others`` (...).
    """

    excess: Vector
    others: Vector

    def of(self, sign: int) -> Positives:
        """Return the same of the group: itself, or the negatives."""
        return self if sign > 0 else Positives(1.0 - self.excess, 1.0 - self.others)

    def possible(self) -> Positives:
        """Return them as proportions, for parameters where they leave [0, 1]."""
        return Positives(*(np.clip(part, 0.0, 1.0) for part in self))


def in_bands(ahead: Vector) -> Vector:
    """Return the chance of an excess cancer in each band, for those without one so far."""
    before = np.concatenate([np.zeros_like(ahead[..., :1]), ahead[..., :-1]], axis=-1)
    return np.asarray(np.exp(-before) * -np.expm1(before - ahead))


def share_of_group(group: Positives, ahead: Vector) -> Vector:
    """Return the proportion of a group among those without an excess cancer so far."""
    never = group.others * np.exp(-ahead[..., -1])
    return np.asarray((group.excess * in_bands(ahead)).sum(axis=-1) + never)


def hazard_of_group(
    ordinary: Vector, excess: Vector, own: Vector, group: Positives, ahead: Vector
) -> Vector:
    """Return the hazard given the group; infinite where its last members get their cancer.

    ``own`` is the group's proportion among excess cancers at that time.
    """
    share = share_of_group(group, ahead)
    with np.errstate(divide="ignore", invalid="ignore"):
        more = np.where(excess > 0, excess * own / share, 0.0)
    return np.asarray(ordinary + more)


def mixed(stages: Vector, group: Positives, ahead: Vector) -> Vector:
    """Return a quantity of a group from that of all, of people without an excess, and between.

    For any quantity that is an integral over those still without a cancer, counted from the time
    at which the excess ``ahead`` is meant; divided by the group's share at that time.

    Parameters
    ----------
    stages : array, shape (bands + 1, ...)
        The quantity if the excess ended at once, at the end of the first band, and so on.
    """
    inside, never = in_bands(ahead), np.exp(-ahead[..., -1])
    some = group.others * never * stages[0]
    for j in range(len(stages) - 1):
        own = stages[j + 1] - stages[j] + inside[..., j] * stages[0]
        some = some + group.excess[..., j] * own
    return np.asarray(some / share_of_group(group, ahead))


def solved(
    sensitivity: Vector, specificity: Vector, ordinary: Vector, excess: Vector, ahead: Vector
) -> Positives:
    """Return the positives among excess cancers and others that a study's accuracy means.

    Within its window the study counts all first cancers, ordinary ones too: sensitivity is the
    proportion of positives among those of each band, specificity that of negatives among people
    without one by the end. After the last band its excess cancers go on as they were.

    Parameters
    ----------
    sensitivity : array, shape (..., bands)
    specificity : array, shape (...)
    ordinary, excess : array, shape (..., bands)
        Cumulative hazards by the end of each band.
    ahead : array, shape (...)
        Cumulative excess hazard after the last.
    """
    start = np.zeros_like(ordinary[..., :1])
    own = np.diff(ordinary, prepend=start, axis=-1), np.diff(excess, prepend=start, axis=-1)
    late = 1.0 - specificity
    left, found = late, []
    for j in range(excess.shape[-1])[::-1]:
        natural, more, seen = own[0][..., j], own[1][..., j], sensitivity[..., j]
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = (seen - left) * -np.expm1(-natural) / np.expm1(more)
        among = seen + np.where(seen == left, 0.0, moved)
        found.append(among)
        # the positives among those without an excess cancer, at the beginning of the band
        left = left + np.where(among == left, 0.0, (among - left) * -np.expm1(-more))
    last = found[0]
    with np.errstate(invalid="ignore", over="ignore"):
        others = last - np.where(last == late, 0.0, (last - late) * np.exp(ahead))
    # without any excess the marker says nothing of cancers
    none = (excess[..., -1] <= 0) & (ahead <= 0)
    among = np.stack(found[::-1], axis=-1)
    return Positives(
        np.where(none[..., None], late[..., None], among), np.where(none, late, others)
    )


def seen_by_study(
    positives: Positives, ordinary: Vector, excess: Vector, ahead: Vector
) -> tuple[Vector, Vector]:
    """Return the sensitivity in each band and the specificity that a study sees."""
    start = np.zeros_like(ordinary[..., :1])
    own = np.diff(ordinary, prepend=start, axis=-1), np.diff(excess, prepend=start, axis=-1)
    last = Positives(positives.excess[..., -1:], positives.others)
    left = specific = share_of_group(last, np.asarray(ahead)[..., None])
    found = []
    for j in range(excess.shape[-1])[::-1]:
        among, fall = positives.excess[..., j], np.exp(-own[1][..., j])
        dilution, shown = fall * -np.expm1(-own[0][..., j]), -np.expm1(-own[1][..., j])
        found.append((among * shown + left * dilution) / (shown + dilution))
        left = among * shown + left * fall
    return np.stack(found[::-1], axis=-1), 1.0 - specific
