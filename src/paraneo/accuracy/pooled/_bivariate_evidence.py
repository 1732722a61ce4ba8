"""What the bivariate models are fitted to: a stack of meta-analyses."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

Index = NDArray[np.int64]

#: Which likelihood: exact binomial, normal, normal restricted.
BINOMIAL, NORMAL, RESTRICTED = 0, 1, 2


class Evidence(NamedTuple):
    """A stack of m meta-analyses of up to n two-by-two tables.

    Attributes
    ----------
    kind : int
        BINOMIAL, NORMAL or RESTRICTED.
    studies : array, shape (m, n, 4)
        tp, diseased, tn, healthy; or the two logits, each followed by its variance.
    used : array of int8, shape (m, n)
        0 where a place holds no table.
    x1, x2 : array, shape (m, n, p1) and (m, n, p2)
        Designs of logit sensitivity and logit specificity.
    study : array of int, shape (m, n)
        The study of each table: tables of one study share its random effects. The binomial
        model alone knows of several tables a study.
    """

    kind: int
    studies: Vector
    used: NDArray[np.int8]
    x1: Vector
    x2: Vector
    study: Index

    @classmethod
    def of(
        cls,
        kind: int,
        studies: Vector,
        x1: Vector,
        x2: Vector,
        *,
        used: NDArray[np.bool_] | None = None,
        study: Index | None = None,
    ) -> Evidence:
        """Return a stack in which, unless said otherwise, each place is a study of its own."""
        shape = studies.shape[:2]
        place = np.ones(shape, dtype=np.bool_) if used is None else used
        own = np.broadcast_to(np.arange(shape[1]), shape) if study is None else study
        return cls(kind, studies, place.astype(np.int8), x1, x2, own)

    @property
    def columns(self) -> int:
        """How many coefficients there are in both parts."""
        return int(self.x1.shape[2] + self.x2.shape[2])

    def at(self, rows: Any) -> Evidence:
        """Return some meta-analyses of the stack."""
        parts = (np.ascontiguousarray(part[rows]) for part in self[1:])
        return Evidence(self.kind, *parts)


class Tables(NamedTuple):
    """The tables of a stack by study, up to t of them a study; places left over hold nobody.

    Attributes
    ----------
    cells : array, shape (S, t, 4)
    x1, x2 : array, shape (S, t, p1) and (S, t, p2)
    model : array of int, shape (S,)
        The meta-analysis of each study, not decreasing.
    """

    cells: Vector
    x1: Vector
    x2: Vector
    model: Index

    def at(self, part: slice) -> Tables:
        """Return those of some studies."""
        return Tables(self.cells[part], self.x1[part], self.x2[part], self.model[part])

    def predictors(self, theta: Vector) -> tuple[Vector, Vector]:
        """Return both predictors of every table, (S, t), with ``theta`` (S, P) by study."""
        count = self.x1.shape[2]
        one = (self.x1 @ theta[:, :count, None])[..., 0]
        return one, (self.x2 @ theta[:, count:-3, None])[..., 0]

    def in_parameters(self, slopes: Vector, curvature: Vector) -> tuple[Vector, Vector]:
        """Turn derivatives in both predictors of the t tables, a, b, c into those in theta."""
        size, t, count = self.x1.shape
        turn = np.zeros((size, 2 * t + 3, count + self.x2.shape[2] + 3))
        turn[:, :t, :count], turn[:, t : 2 * t, count:-3] = self.x1, self.x2
        turn[:, 2 * t :, -3:] = np.eye(3)
        turned = np.swapaxes(turn, 1, 2)
        return (turned @ slopes[:, :, None])[..., 0], turned @ curvature @ turn


def tables_of(evidence: Evidence) -> Tables:
    """Lay the used tables of all meta-analyses out by meta-analysis and study."""
    model, place = np.nonzero(evidence.used)
    study = evidence.study[model, place]
    order = np.lexsort((study, model))
    model, place, study = model[order], place[order], study[order]
    new = np.ones(len(model), dtype=np.bool_)
    new[1:] = (model[1:] != model[:-1]) | (study[1:] != study[:-1])
    first, owner = np.flatnonzero(new), np.cumsum(new) - 1
    slot = np.arange(len(model)) - first[owner]
    most = int(slot.max(initial=0)) + 1

    def laid(source: Vector) -> Vector:
        answer = np.zeros((len(first), most, source.shape[2]))
        answer[owner, slot] = source[model, place]
        return answer

    cells, x1, x2 = laid(evidence.studies), laid(evidence.x1), laid(evidence.x2)
    return Tables(cells, x1, x2, model[first])


def by_model(parts: Vector, model: Index, size: int) -> Vector:
    """Add up over the studies of each of ``size`` meta-analyses; shape (size, ...)."""
    total = np.zeros((size, *parts.shape[1:]))
    if len(model):
        first = np.concatenate([[0], np.flatnonzero(model[1:] != model[:-1]) + 1])
        total[model[first]] = np.add.reduceat(parts, first, axis=0)
    return total
