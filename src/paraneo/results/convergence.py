"""How a search for an optimum ended: data carried by the result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Convergence:
    """How a search ended.

    Attributes
    ----------
    reached : bool
        Whether an optimum was found; where it is False the numbers are no estimates.
    iterations : int
        Steps of the search that gave the answer.
    largest_gradient : float
        Largest slope of the log-likelihood at the answer, over the parameters that do not
        lie on a bound, each times the standard error that its own curvature gives; so no
        unit moves it, and half its square is about the log-likelihood still to be gained.
        0 where the estimate has a closed form.
    at_boundary : tuple of str
        Parameters that ended on a bound, by name, such as ``"tau2"`` at 0: the
        simpler model without them is what was fitted.
    note : str
        What else should be known, such as a model simplified and why.

    Examples
    --------
    >>> print(Convergence(True, 6, 2e-11, at_boundary=("tau2",)))
    reached an optimum after 6 iterations (largest gradient 2e-11); on its bound: tau2
    """

    reached: bool
    iterations: int
    largest_gradient: float
    at_boundary: tuple[str, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        end = "reached an optimum" if self.reached else "stopped short of an optimum"
        steps = "iteration" if self.iterations == 1 else "iterations"
        story = (
            f"{end} after {self.iterations} {steps} (largest gradient {self.largest_gradient:.2g})"
        )
        if self.at_boundary:
            story += f"; on its bound: {', '.join(self.at_boundary)}"
        return f"{story}; {self.note}" if self.note else story
