"""Channels and segments of a marketing budget: their audience, and what money does there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from financial_analytics.models.frames import need_columns
from financial_analytics.stats.response import Experiments, Response, fit_response

Floats = NDArray[np.float64]
DRAWS = 200
LEAST_CONVERSIONS = 50
"""Conversions of contacted and held out together, below which no curve is drawn."""
MONTH_DAYS = 30.4375
YEAR = 12
NEEDS = (
    *("campaign_natural_key", "customer_segment", "channel", "start_date", "member_count"),
    *("contacted_count", "converted_count", "holdout_count", "holdout_converted_count"),
    *("valued_count", "conversion_amount", "spend_amount"),
)


@dataclass(frozen=True)
class Cells:
    """Channels and segments that were contacted in the period, and what is known of them.

    Attributes
    ----------
    frame : pandas.DataFrame, shape (n, …)
        One row per channel and segment.
    campaigns : pandas.DataFrame
        The period's campaigns by segment, with the place of their cell.
    response : Response
    value : ndarray of float64, shape (draws,)
        Of a conversion.
    """

    frame: pd.DataFrame
    campaigns: pd.DataFrame
    response: Response
    value: Floats

    def added(self, cell: int, spend: Floats) -> Floats:
        """Return the value that a contact adds, shape (draws, spends)."""
        row = self.frame.iloc[cell]
        lift = self.response.lift(int(row["channel_place"]), int(row["segment_place"]), spend)
        return np.asarray(self.value[:, None] * lift)

    def value_of(self, amounts: Floats) -> Floats:
        """Return draws of what each amount adds less itself, shape (draws, n)."""
        people = self.frame["contact_count"].to_numpy(dtype=float)
        columns = [
            people[k] * self.added(k, np.array([amounts[k] / people[k]]))[:, 0] - amounts[k]
            for k in range(len(people))
        ]
        return np.column_stack(columns)

    def value_today(self) -> Floats:
        """Return draws of what each cell added less its cost, as the campaigns were."""
        out = np.zeros((len(self.value), len(self.frame)))
        for cell, part in self.campaigns.groupby("cell", sort=True):
            place = int(str(cell))
            people = part["contacted_count"].to_numpy(dtype=float)
            added = self.added(place, part["contact_amount"].to_numpy(dtype=float))
            out[:, place] = added @ people - float(part["spend_amount"].sum())
        return out


class Expected:
    """Mean of the draws of net value: concave, as each of them is."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells

    def value(self, amounts: Floats) -> Floats:
        """Return the expected net value of each amount."""
        return np.asarray(self.cells.value_of(amounts).mean(axis=0))

    def slope(self, amounts: Floats) -> Floats:
        """Return what a further unit of each amount is expected to bring, itself taken off."""
        frame = self.cells.frame
        people = frame["contact_count"].to_numpy(dtype=float)
        slopes = [
            float((self.cells.value * self.cells.response.slope(int(c), int(s), x)[:, 0]).mean())
            for c, s, x in zip(
                frame["channel_place"], frame["segment_place"], amounts / people, strict=True
            )
        ]
        return np.array(slopes) - 1.0


def known_campaigns(frame: pd.DataFrame, as_of: Any) -> pd.DataFrame:
    """Return the campaigns by segment in order, with spend per contact and when, in months."""
    need_columns(frame, *NEEDS)
    rows = frame.assign(start_date=pd.to_datetime(frame["start_date"]))
    rows = rows[rows["start_date"].notna()]
    rows = rows.sort_values(["campaign_natural_key", "customer_segment"], ignore_index=True)
    whole = rows.groupby("campaign_natural_key")[["contacted_count", "spend_amount"]]
    sums = whole.transform("sum")
    rows["contact_amount"] = sums["spend_amount"] / sums["contacted_count"].replace(0, np.nan)
    rows["contact_amount"] = rows["contact_amount"].astype(float).fillna(0.0)
    rows["month"] = (rows["start_date"] - pd.Timestamp(as_of)).dt.days / MONTH_DAYS
    return rows


def find_cells(frame: pd.DataFrame, as_of: Any, months: int, seed: int) -> Cells | None:
    """Return what is known, None where it is too little."""
    rows = known_campaigns(frame, as_of)
    both = (rows["contacted_count"] > 0) & (rows["holdout_count"] > 0) & (rows["spend_amount"] > 0)
    seen = rows.loc[both, ["converted_count", "holdout_converted_count"]].to_numpy().sum()
    period = rows[
        (rows["month"] > -months * (365.25 / YEAR) / MONTH_DAYS) & (rows["contacted_count"] > 0)
    ]
    if seen < LEAST_CONVERSIONS or period.empty or rows["valued_count"].sum() < LEAST_CONVERSIONS:
        return None
    channels = sorted(rows["channel"].unique())
    segments = sorted(rows["customer_segment"].unique())
    places = {
        "channel_place": rows["channel"].map({name: k for k, name in enumerate(channels)}),
        "segment_place": rows["customer_segment"].map({n: k for k, n in enumerate(segments)}),
    }
    rows = rows.assign(**places)
    numbers = {name: rows[name].to_numpy(dtype=float) for name in NEEDS[4:]}
    rng = np.random.default_rng(seed)
    response = fit_response(
        Experiments(
            rows["channel_place"].to_numpy(dtype=np.int64),
            rows["segment_place"].to_numpy(dtype=np.int64),
            channels, segments,
            spend=rows["contact_amount"].to_numpy(dtype=float),
            month=rows["month"].to_numpy(dtype=float),
            contacted=numbers["contacted_count"], converted=numbers["converted_count"],
            held=numbers["holdout_count"], held_converted=numbers["holdout_converted_count"],
            pressure=numbers["spend_amount"] / np.maximum(numbers["member_count"], 1),
        ),
        draws=DRAWS, rng=rng,
    )  # fmt: skip
    # the mean value of a conversion, its error that of the means of campaigns
    valued = rows.groupby("campaign_natural_key")[["valued_count", "conversion_amount"]].sum()
    count, total = valued.to_numpy(dtype=float).T
    mean = total.sum() / count.sum()
    error = np.sqrt(((total - mean * count) ** 2).sum()) / count.sum()
    value = np.maximum(mean + error * rng.standard_normal(DRAWS), 0.0)
    period = rows.loc[period.index]
    largest = rows[both].groupby("channel")["contact_amount"].max()
    keys = ["channel", "customer_segment", "channel_place", "segment_place"]
    cells = period.groupby(keys, sort=True).agg(
        campaign_count=("campaign_natural_key", "nunique"),
        contact_count=("contacted_count", "sum"),
        current_spend_amount=("spend_amount", "sum"),
    )
    cells = cells.reset_index()
    # what nobody tried with a holdout is not known: such a channel stays as it is
    known = cells["channel"].map(largest)
    now = cells["current_spend_amount"] / cells["contact_count"]
    cells["largest_contact_amount"] = known.fillna(now).astype(float)
    cells["is_tried"] = known.notna()
    cells["lowest_amount"] = np.where(known.notna(), 0.0, cells["current_spend_amount"])
    cells["highest_amount"] = np.where(
        known.notna(), cells["contact_count"] * cells["largest_contact_amount"],
        cells["current_spend_amount"],
    )  # fmt: skip
    place = {(c, s): k for k, (c, s) in enumerate(zip(cells["channel"], cells["customer_segment"],
                                                      strict=True))}  # fmt: skip
    period = period.assign(
        cell=[place[key] for key in zip(period["channel"], period["customer_segment"], strict=True)]
    )
    return Cells(cells, period, response, value)
