"""What a customer earns: purchases by BG/NBD, amounts by gamma-gamma, and other margin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from financial_analytics.stats.lifetime import (
    BgNbd,
    GammaGamma,
    Purchases,
    fit_bg_nbd,
    fit_gamma_gamma,
)

Floats = NDArray[np.float64]
MONTH = 30.4375
YEAR_MONTHS = 12
LEAST_BUYERS = 50


@dataclass(frozen=True)
class Prices:
    """What a purchase earns, and what waiting costs.

    Attributes
    ----------
    interchange_rate : float
        Share of a purchase that the bank keeps.
    discount_rate : float
        Yearly; the margin of month m counts ``(1 + rate) ** (-m / 12)``.
    """

    interchange_rate: float
    discount_rate: float

    def weights(self, months: int) -> Floats:
        """Return the present value of 1 in each of the next months, at its end."""
        return np.asarray((1 + self.discount_rate) ** (-np.arange(1, months + 1) / 12))


@dataclass(frozen=True)
class ValueModel:
    """Purchases, amounts and staying, as learnt at one cut.

    Attributes
    ----------
    buying : BgNbd
        In days.
    spending : GammaGamma
    staying : dict
        Probability to stay with the bank for a month more, by segment.
    level : float
        Interchange of the year after an earlier cut over what was predicted of it: trend. Other
        margin has none: the last quarter's is as good a guess of the next as there is.
    """

    buying: BgNbd
    spending: GammaGamma
    staying: dict[str, float]
    level: float = 1.0

    def parts(self, rows: pd.DataFrame, prices: Prices, months: int) -> tuple[Floats, Floats]:
        """Return interchange and other margin of each month ahead, both (customers, months)."""
        seen = purchases_of(rows)
        stay = rows["customer_segment"].map(self.staying).to_numpy(dtype=float)[:, None]
        ahead = np.arange(1, months + 1)
        bought = np.column_stack([self.buying.expected(seen, MONTH * m) for m in ahead])
        bought = np.diff(bought, axis=1, prepend=0.0)
        earned = bought * self.amounts(rows)[:, None] * prices.interchange_rate
        stays = stay**ahead
        other = other_margin(rows)[:, None] * stays
        return self.level * earned * stays, other

    def monthly(self, rows: pd.DataFrame, prices: Prices, months: int) -> Floats:
        """Return the expected margin of each month ahead, shape (customers, months)."""
        interchange, other = self.parts(rows, prices, months)
        return interchange + other

    def amounts(self, rows: pd.DataFrame) -> Floats:
        """Return the expected amount of a purchase, shape (customers,)."""
        count = rows["purchase_count"].to_numpy(dtype=float)
        mean = rows["mean_purchase_amount"].to_numpy(dtype=float)
        known = np.isfinite(mean) & (mean > 0)
        return self.spending.expected(np.where(known, count, 0), np.where(known, mean, 1.0))


def purchases_of(rows: pd.DataFrame) -> Purchases:
    """Return counts and days as `Purchases`; a purchase before the start counts at it."""
    count = rows["purchase_count"].to_numpy(dtype=float)
    observed = np.maximum(rows["observed_days"].to_numpy(dtype=float), 1.0)
    last = np.nan_to_num(rows["last_purchase_days"].to_numpy(dtype=float))
    return Purchases.of(count, np.where(count > 0, np.clip(last, 0, observed), 0), observed)


def other_margin(rows: pd.DataFrame) -> Floats:
    """Return the margin of a month that is no interchange: the mean of the last three."""
    months = np.maximum(rows["recent_month_count"].to_numpy(dtype=float), 1.0)
    return np.asarray(rows["recent_other_margin_amount"].to_numpy(dtype=float) / months)


def last_year(rows: pd.DataFrame) -> Floats:
    """Return a year at the margin of the last twelve months, shape (customers,)."""
    months = np.maximum(rows["margin_month_count"].to_numpy(dtype=float), 1.0)
    return np.asarray(rows["margin_amount"].to_numpy(dtype=float) * YEAR_MONTHS / months)


def fit_value(rows: pd.DataFrame, left: pd.DataFrame, *, confidence: float) -> ValueModel:
    """Fit the model to the rows of a cut; `left` tells who left in a year that is known."""
    seen = purchases_of(rows)
    mean = rows["mean_purchase_amount"].to_numpy(dtype=float)
    known = (seen.count > 0) & np.isfinite(mean) & (mean > 0)
    segments = sorted(set(rows["customer_segment"]) | set(left["customer_segment"]))
    every = float(left["has_left"].astype(float).mean()) if len(left) else 0.0
    staying = {}
    for name in segments:
        part = left.loc[left["customer_segment"] == name, "has_left"].astype(float)
        # few customers of a segment are drawn to all by as many as LEAST_BUYERS
        gone = (part.sum() + LEAST_BUYERS * every) / (len(part) + LEAST_BUYERS)
        staying[str(name)] = float((1 - min(gone, 0.99)) ** (1 / YEAR_MONTHS))
    return ValueModel(
        fit_bg_nbd(seen, confidence=confidence),
        fit_gamma_gamma(seen.count[known], mean[known], confidence=confidence),
        staying,
    )


def enough(rows: pd.DataFrame) -> bool:
    """Return whether enough customers bought to fit anything."""
    priced = (rows["purchase_count"] > 0) & (rows["mean_purchase_amount"] > 0)
    return int(priced.sum()) >= LEAST_BUYERS


def year_of(model: ValueModel, rows: pd.DataFrame, prices: Prices) -> Floats:
    """Return the expected margin of the next twelve months, shape (customers,)."""
    return np.asarray(model.monthly(rows, prices, YEAR_MONTHS).sum(axis=1))


def levelled(
    model: ValueModel, before: pd.DataFrame, prices: Prices, confidence: float
) -> ValueModel:
    """Return the model with the level of purchases that one of the cut before would have needed."""
    if before.empty or not enough(before):
        return model
    earlier = fit_value(before, before, confidence=confidence)
    said = float(earlier.parts(before, prices, YEAR_MONTHS)[0].sum())
    came = float(before["later_interchange_amount"].to_numpy(dtype=float).sum())
    return replace(model, level=came / said if min(came, said) > 0 else 1.0)
