"""Customer-months of a synthetic bank, built from its feeds as an analyst would."""

from __future__ import annotations

import numpy as np
import pandas as pd

from financial_analytics.synthetic.geography import distance_km
from tests.support.synthetic_lab import Bank

LAG_MONTHS = 3
NEVER = 999
FAR_FUTURE = pd.Timestamp("2099-01-01")


class History:
    """Who is there in which month; matrices have shape (customers, months)."""

    def __init__(self, made: Bank) -> None:
        self.made = made
        config = made.parameters["config"]
        self.window = pd.Timestamp(config["start"])
        self.starts = pd.date_range(self.window, config["end"], freq="MS")
        self.grid = np.arange(len(self.starts))
        self.first, self.last = made.first_versions, made.last_versions
        self.rows = pd.Series(np.arange(len(self.first)), self.first.index)
        self.joined = np.maximum(self.month(self.first.signup_date), 0)
        self.left_at = self.last.updated_at.where(~self.last.is_active.astype(bool))
        self.left = np.where(self.left_at.isna(), NEVER, self.month(self.left_at))
        self.at_risk = (self.joined[:, None] < self.grid) & (self.left[:, None] >= self.grid)
        self.whole = self.at_risk & (self.left[:, None] > self.grid)
        self.leaves = self.left[:, None] == self.grid

    def month(self, moments: pd.Series) -> np.ndarray:
        """Return months since the window's start; a missing moment is in the far future."""
        when = pd.to_datetime(moments).fillna(FAR_FUTURE)
        return ((when.dt.year - self.window.year) * 12 + when.dt.month - 1).to_numpy()

    def count(self, customer: pd.Series, when: pd.Series) -> np.ndarray:
        """Return how often something happened."""
        found = np.zeros(self.at_risk.shape)
        np.add.at(found, (self.rows[customer].to_numpy(), self.month(when)), 1)
        return found

    def recent(self, customer: pd.Series, when: pd.Series) -> np.ndarray:
        """Say whether something happened in the three months before each month."""
        month = self.month(when)
        inside = (month >= 0) & (month < len(self.grid))
        flag = np.zeros(self.at_risk.shape, dtype=bool)
        flag[self.rows[customer].to_numpy()[inside], month[inside]] = True
        out = np.zeros_like(flag)
        for lag in range(1, LAG_MONTHS + 1):
            out[:, lag:] |= flag[:, :-lag]
        return out

    def distance(self) -> np.ndarray:
        """Return the distance in km to the nearest branch open at a month's start."""
        zips = self.made.feed("zip_codes").set_index("zip_code")
        branch = (
            self.made.feed("branch_locations").sort_values("updated_at").groupby("branch_id").last()
        )
        gap = distance_km(
            zips.latitude.to_numpy()[:, None], zips.longitude.to_numpy()[:, None],
            branch.latitude.to_numpy(), branch.longitude.to_numpy(),
        )  # fmt: skip
        opened = pd.to_datetime(branch.open_date).to_numpy()
        closed = pd.to_datetime(branch.close_date).to_numpy()
        near = np.stack([
            np.where((opened <= day) & (np.isnat(closed) | (closed > day)), gap, np.inf).min(axis=1)
            for day in self.starts.to_numpy()
        ], axis=1)  # fmt: skip
        place = pd.Series(np.arange(len(zips)), zips.index)
        home = np.zeros(self.at_risk.shape, dtype=int)
        versions = self.made.feed("customers").sort_values("updated_at")
        month = np.maximum(self.month(versions.updated_at) + 1, 0)
        spot = place[versions.zip_code].to_numpy()
        for row, start, code in zip(self.rows[versions.customer_id], month, spot, strict=True):
            home[row, start:] = code
        # before the month after sign-up nobody is at risk
        first = place[self.first.zip_code].to_numpy()
        home = np.where(self.joined[:, None] >= self.grid, first[:, None], home)
        return near[home, self.grid]

    def band(self) -> np.ndarray:
        """Return the distance band: 0 near, 1 middle, 2 far."""
        config = self.made.parameters["config"]["branches"]
        distance = self.distance()
        return (distance >= config["near_km"]).astype(int) + (distance >= config["far_km"])

    def rate_gap(self) -> np.ndarray:
        """Return the market rate above the rate of the customer's savings, while there are any."""
        accounts = (
            self.made.feed("accounts").query("product_id in [5, 6, 7]").sort_values("updated_at")
        )
        held = accounts.groupby("customer_id").last()
        products = self.made.feed("products").sort_values("updated_at")
        macro = self.made.feed("economic_indicators")
        starts = self.starts.to_numpy()
        funds = macro.set_index(pd.to_datetime(macro.date)).federal_funds_rate
        market = funds.reindex(self.starts).to_numpy()
        gap = np.zeros(self.at_risk.shape)
        for product, group in products.groupby("product_id"):
            at = np.searchsorted(group.updated_at.to_numpy(), starts, side="right") - 1
            rate = group.interest_rate.astype(float).to_numpy()[at] * 100
            mine = held[held.product_id == product]
            opened = pd.to_datetime(mine.open_date).to_numpy()[:, None]
            closed = pd.to_datetime(mine.close_date).to_numpy()[:, None]
            saves = (opened < starts) & (np.isnat(closed) | (closed >= starts))
            gap[self.rows[mine.index].to_numpy()] = np.where(saves, market - rate, 0.0)
        return gap

    def tenure(self) -> np.ndarray:
        """Return the log of one plus years since sign-up, against five years."""
        signup = pd.to_datetime(self.first.signup_date).to_numpy()[:, None]
        days = np.maximum((self.starts.to_numpy() - signup) / np.timedelta64(1, "D"), 0)
        return np.log1p(days / 365.25) - np.log(6)

    def autopay(self) -> np.ndarray:
        """Return the months with autopay: from the enrolment, or throughout if none is told."""
        events = self.made.feed("account_events").query("event_type == 'Autopay Enrolled'")
        told = events.groupby("customer_id").event_date.min().reindex(self.first.index)
        ever = self.made.feed("accounts").groupby("customer_id").autopay_enabled.max()
        ever = ever.reindex(self.first.index).fillna(False).astype(bool).to_numpy()
        month = np.where(told.isna(), np.where(ever, 0, NEVER), self.month(told))
        return month[:, None] <= self.grid

    def bought(self, *also: str) -> np.ndarray:
        """Return card and online purchases, declined ones too, and transactions of other kinds."""
        moved = self.made.columns("transactions", "customer_id", "transaction_date", "description")
        moved = moved[moved.description.isin(["Card purchase", "Online purchase", *also])]
        return self.count(moved.customer_id, moved.transaction_date)
