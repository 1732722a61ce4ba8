"""How close is close: nine kinds of comparison, each with its reason."""

from __future__ import annotations

#: One number reached in two ways: what is left is rounding in doubles.
EXACT = {"rtol": 1e-12, "atol": 1e-14}
#: Same formula, other library: rounding and quantile routines differ.
CLOSED_FORM = {"rtol": 1e-10, "atol": 1e-14}
#: The same sums in another order, or a root that both sides find to about its last digits.
SUMMED = {"rtol": 1e-9, "atol": 1e-12}
#: Two searches for one optimum: both sides stop where a step changes nothing in the eighth digit.
CONVERGED = {"rtol": 1e-8, "atol": 1e-10}
#: Two searches for one optimum: each stops where its steps change nothing that matters.
ITERATED = {"rtol": 1e-6, "atol": 1e-9}
#: The reference takes derivatives or integrals by finite steps, which keep about six digits.
NUMERICAL = {"rtol": 1e-5, "atol": 1e-7}
#: The reference stops its search early, as R's optim and lme4 do at their defaults.
STOPPED_EARLY = {"rtol": 1e-4, "atol": 1e-6}
#: A covariance by differences, or a quadrature of few nodes, where three digits are kept.
COARSE = {"rtol": 1e-3, "atol": 1e-4}
#: A mean over so many simulated people or studies that it is known to about a per cent.
SIMULATED = {"rtol": 1e-2, "atol": 0.0}
#: Half a unit in the last of so many printed decimals.
PRINTED = {decimals: {"rtol": 0.0, "atol": 0.5000001 * 10.0**-decimals} for decimals in range(8)}
#: A simulated mean lies within so many of its Monte Carlo standard errors of the truth.
MONTE_CARLO_ERRORS = 4.0

# Constants named after a feature: each is to become one of the kinds above.

#: Both sides find a root of the same monotone equation to about 1e-14 of its size; the
#: reference stops at an absolute 1e-14 times the count.
ROOT = {"rtol": 1e-9, "atol": 1e-12}
#: A law that holds exactly in real numbers: what is left is rounding in doubles.
EXACT_LAW = {"rtol": 1e-12, "atol": 1e-14}
#: Curves from counts: the same sums and products in another order.
NONPARAMETRIC = {"rtol": 1e-9, "atol": 1e-14}
#: A derivative taken by differences of 1e-5 in a weight.
BY_DIFFERENCES = {"rtol": 1e-6, "atol": 1e-9}
#: What 121 Gauss-Hermite nodes leave in a log-likelihood where τ² is near 40, which only
#: invented data sets reach.
QUADRATURE = {"rtol": 0.0, "atol": 1e-5}
#: popEpi moves breaks by 1.5e-8 years while it weights for net survival.
SHIFTED_BREAKS = {"rtol": 5e-9, "atol": 0.0}
#: Two searches end where their gradient is a rounding error; R's glm keeps the weights of
#: the step before its last in the covariance.
EXCESS_OPTIMUM = {"rtol": 1e-6, "atol": 1e-9}
#: R's reference climbs on numerical derivatives, which keep about six digits.
EXCESS_NUMERICAL = {"rtol": 1e-5, "atol": 1e-7}
#: Two fits of one likelihood, arranged in two ways: what is left is where Newton stops.
EXCESS_LAW = {"rtol": 1e-8, "atol": 1e-9}
BETWEEN_STUDY = {"rtol": 1e-5, "atol": 0.0}
#: The height of that optimum, where its place matters only by squares.
LIKELIHOOD = {"rtol": 1e-8, "atol": 0.0}
LAPLACE_COVARIANCE = {"rtol": 1e-3, "atol": 0.0}
#: Ten nodes a part, and less than a millionth of the first part of time left out.
RATIO_QUADRATURE = {"rtol": 1e-6, "atol": 1e-7}
#: One fit alone settles its number of nodes by itself, a batch has as many for all.
SETTLED_NODES = {"rtol": 1e-4, "atol": 0.0}
#: The true end of a window is looked up on a grid of times.
WINDOW_GRID = {"rel": 1e-3}
#: Limits of a window beside a search over a grid of parameters 1/200 standard error apart.
WINDOW_LIMIT = {"rtol": 2e-3, "atol": 0.0}
#: Those of the curve it is read off, which are sought in two steps at a few times.
WINDOW_CURVE = {"rtol": 1e-2, "atol": 0.0}

#: How far an exact limit lies beyond Woolf's, to the next power of the number of people.
NEXT_ORDER = {"rtol": 1e-2, "atol": 0.0}
#: The same rows in another order: sums differ by rounding, and a search magnifies that.
ANOTHER_ORDER = {"rtol": 1e-9, "atol": 1e-12}
