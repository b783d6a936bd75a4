"""CDNOW: the published fits of BG/NBD and gamma-gamma."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from financial_analytics.settings import find_project_dir
from financial_analytics.stats.lifetime import (
    BgNbd,
    GammaGamma,
    Purchases,
    fit_bg_nbd,
    fit_gamma_gamma,
)

WEEK = 7
CUT = pd.Timestamp("1997-09-30")


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    path = Path(find_project_dir()).parent / "shared/data/published/CDNOW_sample.txt"
    if not path.exists():
        pytest.skip("../shared/data/published is not beside this checkout")
    names = ["master", "customer", "date", "discs", "dollars"]
    rows = pd.read_csv(path, sep=r"\s+", header=None, names=names, dtype={"date": str})
    rows["date"] = pd.to_datetime(rows["date"], format="%Y%m%d")
    return rows.groupby(["customer", "date"], as_index=False)["dollars"].sum()


def calibration(days: pd.DataFrame) -> tuple[Purchases, pd.DataFrame]:
    """Return the 39 weeks of calibration: repeat purchases in weeks, and those days."""
    inside = days[days["date"] <= CUT]
    grouped = inside.groupby("customer")["date"].agg(["min", "max", "count"])
    seen = Purchases.of(
        grouped["count"] - 1,
        (grouped["max"] - grouped["min"]).dt.days / WEEK,
        (CUT - grouped["min"]).dt.days / WEEK,
    )
    first = inside.groupby("customer")["date"].transform("min")
    return seen, inside[inside["date"] > first]


@pytest.fixture(scope="module")
def buying(days: pd.DataFrame) -> BgNbd:
    return fit_bg_nbd(calibration(days)[0])


def test_bg_nbd__as_fader_hardie_and_lee(buying: BgNbd) -> None:
    """Fader, Hardie and Lee (2005), table 2: .243, 4.414, .793, 2.426; log-likelihood -9,582.4."""
    found = (buying.r, buying.alpha, buying.a, buying.b)
    assert found == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=5e-4)
    assert buying.estimates.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert buying.estimates.n == 2357


def test_bg_nbd__expected_purchases_of_a_customer_as_published(buying: BgNbd) -> None:
    """Hardie's note on implementing BG/NBD: x = 2, t_x = 30.43, T = 38.86 weeks gives 1.226."""
    one = Purchases.of([2], [30.43], [38.86])
    assert buying.expected(one, 39.0)[0] == pytest.approx(1.226, abs=5e-4)


def test_bg_nbd__draws_have_the_expected_mean(days: pd.DataFrame, buying: BgNbd) -> None:
    seen, _ = calibration(days)
    drawn = buying.draw(seen, 39.0, samples=300, rng=np.random.default_rng(4))
    expected = buying.expected(seen, 39.0).sum()
    totals = drawn.sum(axis=1)
    assert abs(totals.mean() - expected) < 4 * totals.std() / np.sqrt(300)


def test_gamma_gamma__as_fader_and_hardie(days: pd.DataFrame) -> None:
    """Fader and Hardie (2013), 946 repeat buyers: p 6.25, q 3.74, v 15.44."""
    repeats = calibration(days)[1].groupby("customer")["dollars"].agg(["count", "mean"])
    fit: GammaGamma = fit_gamma_gamma(repeats["count"], repeats["mean"])
    assert fit.estimates.n == 946
    assert (fit.p, fit.q, fit.v) == pytest.approx((6.25, 3.74, 15.44), abs=5e-3)
