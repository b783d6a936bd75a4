"""Price list, deposit-rate changes (mechanism 9) and the macro series."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.calendar import EPOCH, Calendar, bank_holidays, day_number
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.frame import DAY, Floats, Frame, Ints, Text, days_of
from financial_analytics.synthetic.geography import Geography, reference
from financial_analytics.synthetic.rng import stream

# place in the window, change in points: Savings, High-Yield Savings, Money Market
RATE_CHANGES = (
    (0.20, (0.50, 1.00, 0.75)),
    (0.42, (0.25, 0.75, 0.50)),
    (0.64, (-0.50, -1.00, -0.75)),
    (0.84, (-0.25, -0.50, -0.50)),
)
SAVERS = (5, 6, 7)


@dataclass(frozen=True)
class Market:
    """Our deposit rates and the macro series by month.

    Attributes
    ----------
    change_month : ndarray of int64, shape (changes,)
        Month index in which our rates change (on its first day).
    rate : ndarray of float64, shape (products, months)
        Deposit rate in points per product of ``SAVERS``.
    unemployment, funds_rate : ndarray of float64, shape (months,)
        In percent.
    macro : DataFrame
        The economic indicators feed, monthly.
    """

    change_month: Ints
    rate: Floats
    unemployment: Floats
    funds_rate: Floats
    macro: pd.DataFrame


def _macro(config: BankConfig, calendar: Calendar) -> pd.DataFrame:
    """Return monthly macro series: published to the end of the file, then simulated.

    GDP growth, unemployment, inflation, the federal funds rate and the ten-year
    yield are the United States government's (BLS, BEA, Federal Reserve, through
    FRED). The stock, volatility, confidence and house price indices and the
    mortgage rate are simulated: theirs may not be redistributed.
    """
    known = reference("macro")
    known.index = pd.PeriodIndex(known.pop("month"), freq="M")
    first = pd.Period(config.start, "M") - 24
    last = pd.Period(dt.date.fromordinal(calendar.horizon + EPOCH), "M")
    periods = pd.period_range(first, last, freq="M")
    rng = stream(config.seed, "economic_indicators")
    shock = rng.standard_normal((len(periods), 10))
    table = known.reindex(periods)
    for place, name in enumerate(known.columns):
        series = table[name].to_numpy(copy=True)
        start = np.flatnonzero(~np.isnan(series))
        if len(start) == 0:
            series[0], start = float(known[name].iloc[-1]), np.array([0])
        mean, sd = float(known[name].mean()), float(known[name].diff().std()) * 0.5
        series[: start[0]] = series[start[0]]
        for row in range(start[-1] + 1, len(series)):
            drift = 0.98 * (series[row - 1] - mean)
            series[row] = mean + drift + sd * shock[row, place]
        table[name] = series
    steps = np.arange(len(periods))
    market = np.cumsum(0.007 + 0.04 * shock[:, 5])
    table["sp500_index"] = 3800 * np.exp(market)
    table["vix_index"] = 18 * np.exp(0.25 * shock[:, 6] - 2.0 * (0.04 * shock[:, 5]))
    table["consumer_confidence_index"] = 72 + 3 * shock[:, 7] - 2 * (table["unemployment_rate"] - 4)
    table["housing_price_index"] = 300 * np.exp(0.0035 * steps + 0.004 * np.cumsum(shock[:, 8]))
    table["mortgage_rate_30yr"] = table["treasury_yield_10yr"] + 2.3 + 0.15 * shock[:, 9]
    return table.round(4)


def build_market(config: BankConfig, calendar: Calendar) -> Market:
    """Return rates and macro series; our rates change on four known dates."""
    window_months = int(calendar.month_of_day[calendar.last - calendar.first]) + 1
    change = np.array([int(share * window_months) for share, _ in RATE_CHANGES])
    rate = np.empty((len(SAVERS), calendar.months))
    for place, product in enumerate(SAVERS):
        level = 100 * catalog.PRODUCTS[product - 1].rate
        path = np.full(calendar.months, level)
        for month, (_, points) in zip(change, RATE_CHANGES, strict=True):
            if 0 < month < calendar.months:
                path[month:] += points[place]
        rate[place] = path
    macro = _macro(config, calendar)
    months = pd.PeriodIndex(pd.to_datetime(calendar.month_code.astype("datetime64[M]")), freq="M")
    here = macro.reindex(months)
    return Market(
        change_month=np.unique(change[(change > 0) & (change < calendar.months)]),
        rate=rate,
        unemployment=here["unemployment_rate"].to_numpy(),
        funds_rate=here["federal_funds_rate"].to_numpy(),
        macro=macro,
    )


def product_versions(calendar: Calendar, market: Market) -> tuple[Frame, Ints]:
    """Return the product feed: the price list, and a version per rate change."""
    rows = [(item, item.rate, calendar.first - 3650) for item in catalog.PRODUCTS]
    for month in market.change_month.tolist():
        day = int(calendar.first + calendar.month_first[month])
        rows += [
            (catalog.PRODUCTS[product - 1], float(market.rate[place, month]) / 100, day)
            for place, product in enumerate(SAVERS)
        ]
    items = [item for item, _, _ in rows]
    days = np.array([at for _, _, at in rows])
    words = np.arange(len(rows))
    frame: Frame = {
        "product_id": np.array([item.product_id for item in items]),
        "product_name": Text(words, [item.name for item in items]),
        "category": Text(words, [item.category for item in items]),
        "interest_rate": np.array([round(rate * 1_000_000) for _, rate, _ in rows]),
        "min_balance": np.array([item.minimum * 100 for item in items]),
        "monthly_fee": np.array([item.fee * 100 for item in items]),
        "overdraft_limit": np.array([item.overdraft * 100 for item in items]),
        "product_tier": Text(words, [item.tier for item in items]),
        "is_premium": np.array([item.tier == "Premium" for item in items]),
        "updated_at": days * DAY,
        "created_at": np.full(len(rows), (calendar.first - 3650) * DAY),
    }
    return frame, days


def indicator_rows(calendar: Calendar, market: Market) -> tuple[Frame, Ints]:
    """Return the economic indicators feed, one row per month."""
    macro = market.macro
    months = pd.PeriodIndex(macro.index).to_timestamp()
    day = months.to_numpy().astype("datetime64[D]").astype(np.int64)
    frame: Frame = {name: macro[name].to_numpy() for name in macro.columns}
    return {**frame, "date": day, "created_at": (day + 30) * DAY}, np.maximum(day + 30, 0)


def exchange_rows(config: BankConfig, calendar: Calendar) -> tuple[Frame, Ints]:
    """Return daily US dollar prices: the ECB's, held constant after its last day."""
    table = reference("exchange_rates")
    currencies = [name for name in table.columns if name != "rate_date"]
    known = np.array([days_of(day) for day in table["rate_date"]])
    days = np.arange(calendar.first - 10, calendar.horizon + 1)
    days = days[(days + 3) % 7 < 5]
    row = np.clip(np.searchsorted(known, days, side="right") - 1, 0, None)
    rates = np.column_stack([table[currencies].to_numpy()[row], np.ones(len(days))])
    width = len(currencies) + 1
    frame: Frame = {
        "rate_date": np.repeat(days, width),
        "currency": Text(np.tile(np.arange(width), len(days)), [*currencies, "USD"]),
        "rate_to_usd": np.round(rates.ravel() * 1e8).astype(np.int64),
    }
    return frame, np.repeat(np.maximum(days, 0), width)


def holiday_rows(calendar: Calendar) -> tuple[Frame, Ints]:
    """Return the bank holidays of the window's years and one more."""
    first = dt.date.fromordinal(calendar.first + EPOCH).year
    last = dt.date.fromordinal(calendar.horizon + EPOCH).year + 1
    rows = bank_holidays(first, last)
    frame: Frame = {
        "holiday_date": np.array([day_number(day) for day, _ in rows]),
        "holiday_name": Text(np.arange(len(rows)), [name for _, name in rows]),
        "country": "US",
    }
    return frame, np.zeros(len(rows), dtype=np.int64)


def code_rows() -> tuple[Frame, Ints]:
    """Return the merchant category codes (public domain, see README.md beside them)."""
    table = reference("merchant_category_codes")
    words = np.arange(len(table))
    frame: Frame = {name: Text(words, table[name].tolist()) for name in table.columns}
    return frame, np.zeros(len(table), dtype=np.int64)


def zip_rows(geography: Geography) -> tuple[Frame, Ints]:
    """Return the ZIP codes of the bank's footprint."""
    table = geography.zips
    words = np.arange(len(table))
    frame: Frame = {
        name: Text(words, table[name].tolist()) for name in ("zip_code", "city", "state", "county")
    }
    places: Frame = {"latitude": geography.latitude, "longitude": geography.longitude}
    return {**frame, **places}, np.zeros(len(table), dtype=np.int64)
