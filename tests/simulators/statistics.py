"""How far chance may carry a count from what is documented."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

# A right generator fails a single check once in a million seeds, and the seeds are fixed: what fails is wrong.
RISK = 1e-6


def assert_distributed(counts: ArrayLike, weights: ArrayLike, *, what: str) -> None:
    """Fail where ``counts`` do not come from the shares that ``weights`` give (Pearson's chi-square)."""
    observed, shares = np.asarray(counts, np.float64), np.asarray(weights, np.float64)
    expected = shares / shares.sum() * observed.sum()
    assert expected.min() >= 5, f"{what}: too few are expected somewhere for chi-square to mean anything"
    found = stats.chisquare(observed, expected)
    assert found.pvalue >= RISK, (
        f"{what}: chi-square {found.statistic:.1f}, p {found.pvalue:.1e}; "
        f"found {(observed / observed.sum()).round(5).tolist()}, documented {(shares / shares.sum()).round(5).tolist()}"
    )


def assert_share(hits: int, count: int, share: float, *, what: str) -> None:
    """Fail where ``hits`` of ``count`` leave no room for ``share`` in their exact confidence interval."""
    interval = stats.binomtest(hits, count).proportion_ci(1 - RISK)
    assert interval.low <= share <= interval.high, (
        f"{what}: {hits} of {count} is {interval.low:.5f} to {interval.high:.5f}, documented is {share:.5f}"
    )


def assert_quantiles(values: ArrayLike, quantiles: Sequence[float], *, what: str) -> None:
    """Fail where values do not come from straight lines between quantiles at equal steps (Kolmogorov-Smirnov)."""
    bounds = np.asarray(quantiles, np.float64)
    steps = np.linspace(0.0, 1.0, len(bounds))
    # Where several quantiles are one value, the distribution has an atom there, which the test does not allow for.
    assert len(np.unique(bounds)) == len(bounds), f"{what}: two quantiles are the same"
    found = stats.kstest(np.asarray(values, np.float64), lambda at: np.interp(at, bounds, steps))
    assert found.pvalue >= RISK, (
        f"{what}: distance {found.statistic:.5f} at {found.statistic_location:g}, p {found.pvalue:.1e}"
    )
