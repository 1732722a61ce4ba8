"""A marker that belongs to the excess: arrays only.

Of those who will get an excess cancer a proportion s is positive, of the others f; ordinary
cancers know nothing of the marker. With E(t) the cumulative excess hazard and A = E(end) - E(t)
that which is still ahead, a person without an excess cancer by t will get one with probability
D = 1 - exp(-A), so that

    P(+ | none by t) = s D + f (1 - D),
    hazard given +   = ordinary + excess * s / P(+ | none by t),

and likewise for the negative with 1 - s and 1 - f. No edge stands in it, both hazards are at
least the ordinary one, and the two groups mix back to the whole at every time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector


class Positives(NamedTuple):
    """The proportion of positives among those who will get an excess cancer, and the others."""

    excess: Vector
    others: Vector

    def of(self, sign: int) -> Positives:
        """Return the same of the group: itself, or the negatives."""
        return self if sign > 0 else Positives(1.0 - self.excess, 1.0 - self.others)

    def possible(self) -> Positives:
        """Return them as proportions, for parameters where they leave [0, 1]."""
        return Positives(*(np.clip(part, 0.0, 1.0) for part in self))


def share_of_group(group: Positives, ahead: Vector) -> Vector:
    """Return the proportion of a group among those without an excess cancer so far."""
    later = -np.expm1(-ahead)
    return np.asarray(group.excess * later + group.others * (1.0 - later))


def hazard_of_group(ordinary: Vector, excess: Vector, group: Positives, ahead: Vector) -> Vector:
    """Return the hazard given the group; infinite where its last members get their cancer."""
    share = share_of_group(group, ahead)
    with np.errstate(divide="ignore", invalid="ignore"):
        more = np.where(excess > 0, excess * group.excess / share, 0.0)
    return np.asarray(ordinary + more)


def mixed(whole: Vector, ordinary: Vector, group: Positives, ahead: Vector) -> Vector:
    """Return a quantity of a group from that of all and that of people without an excess.

    For any quantity that is an integral over those still without a cancer, counted from the time
    at which the excess ``ahead`` is meant; divided by the group's share at that time.
    """
    never = np.exp(-ahead)
    some = group.excess * (whole - never * ordinary) + group.others * never * ordinary
    return np.asarray(some / share_of_group(group, ahead))


def solved(
    sensitivity: Vector, specificity: Vector, ordinary: Vector, excess: Vector, ahead: Vector
) -> Positives:
    """Return the positives among excess cancers and others that a study's accuracy means.

    Within its window the study counts all first cancers, ordinary ones too: sensitivity is the
    proportion of positives among them, specificity that of negatives among people without one.

    Parameters
    ----------
    ordinary, excess : array
        Cumulative hazards over the window of the study.
    ahead : array
        Cumulative excess hazard after the window.
    """
    late = 1.0 - specificity
    diluted = np.exp(-excess) * -np.expm1(-ordinary)
    shown = -np.expm1(-excess)
    with np.errstate(divide="ignore", invalid="ignore"):
        more = (sensitivity - late) * diluted / shown
        among = sensitivity + np.where(sensitivity == late, 0.0, more)
        others = among - np.where(among == late, 0.0, (among - late) * np.exp(ahead))
    # without any excess the marker says nothing of cancers
    none = (excess <= 0) & (ahead <= 0)
    return Positives(np.where(none, late, among), np.where(none, late, others))


def seen_by_study(
    positives: Positives, ordinary: Vector, excess: Vector, ahead: Vector
) -> tuple[Vector, Vector]:
    """Return the sensitivity and specificity that a study sees over its window."""
    share = share_of_group(positives, ahead)
    left = np.exp(-excess)
    dilution = left * -np.expm1(-ordinary)
    shown = -np.expm1(-excess)
    sensitivity = (positives.excess * shown + share * dilution) / (shown + dilution)
    return np.asarray(sensitivity), 1.0 - share
