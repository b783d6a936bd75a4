"""The chart of category 02 about revenue against the year before."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.flows import Step, waterfall, waterfall_height
from financial_analytics.charts.kit.frames import currency_of
from financial_analytics.charts.kit.parts import last_months, period_words
from financial_analytics.charts.registry import chart

MONTHS_SHOWN = 12
MOST_CATEGORIES = 5
EFFECTS = ("volume_effect_amount", "mix_effect_amount", "price_effect_amount")


@chart(
    id="diagnostic.revenue_waterfall",
    order=130,
    model="analytics_revenue_variance_analysis",
    title="Why revenue differs from the year before",
    unit="reporting currency",
    reading=(
        "Top to bottom, the change of revenue against the same months a year before: volume (more "
        "or fewer accounts of the whole bank), mix (accounts moved towards dearer or cheaper "
        "products and segments) and price (revenue per account), the last two by product "
        "category; what is 0 has no bar. The bars add up to the change to the cent."
    ),
    needs=(
        "month_start_date",
        "revenue_amount",
        "previous_revenue_amount",
        *EFFECTS,
    ),
    measures=("variance_amount",),
    span="full",
    rows="last",
)
def revenue_waterfall(frame: pd.DataFrame) -> go.Figure:
    """Waterfall of volume, mix and price to the change of revenue."""
    currency = currency_of(frame)
    compared = frame[frame["variance_amount"].notna()].reset_index(drop=True)
    rows = last_months(compared, MONTHS_SHOWN)
    rows = rows.assign(category=_categories(rows))
    order = rows.groupby("category")["revenue_amount"].sum()
    order = order.sort_values(ascending=False, kind="stable")
    volume, mix, price = (float(rows[name].sum()) for name in EFFECTS)
    steps = [_step("Volume", volume, currency)]
    for word, column in (("Mix", EFFECTS[1]), ("Price", EFFECTS[2])):
        sums = rows.groupby("category")[column].sum()
        for name in order.index:
            if round(float(sums[name]), 2) != 0:
                steps.append(_step(f"{word}: {name}", float(sums[name]), currency))
    change = float(rows["variance_amount"].sum())
    now, before = (
        float(rows[name].sum()) for name in ("revenue_amount", "previous_revenue_amount")
    )
    steps.append(
        Step(
            "Change",
            change,
            "total",
            _signed(change),
            f"{theme.money(before, currency)} → {theme.money(now, currency)}",
        )
    )
    figure, compact = waterfall(steps, axis_title=currency)
    # More than tenfold is said by the two amounts; its percentage is only a long number.
    comparable = before > 0 and abs(change) < 10 * before
    relative = f" ({theme.change(100 * change / before)})" if comparable else ""
    return theme.finish(
        figure,
        finding=f"Revenue of {period_words(rows)} was {theme.money(now, currency)} after "
        f"{theme.money(before, currency)} a year before{relative}: volume {_signed(volume)}, "
        f"mix {_signed(mix)}, price {_signed(price)}.",
        height=waterfall_height([theme.wrap(step.name, 30) for step in steps]),
        compact=compact,
    )


def _categories(rows: pd.DataFrame) -> pd.Series:
    """Return the product category of each row; the smallest of many become one."""
    if "product_category" not in rows:
        return pd.Series("all products", index=rows.index)
    names = rows["product_category"].fillna("Unknown")
    sizes = rows["revenue_amount"].groupby(names).sum().sort_values(ascending=False, kind="stable")
    if len(sizes) <= MOST_CATEGORIES:
        return names
    kept = sizes.index[: MOST_CATEGORIES - 1]
    return names.where(names.isin(kept), f"other ({len(sizes) - len(kept)})")


def _signed(value: float) -> str:
    sign = "-" if value < 0 else "+" if value > 0 else ""
    return sign + theme.money(abs(value))


def _step(name: str, value: float, currency: str) -> Step:
    hover = f"{_signed(value)}{theme.NO_BREAK}{currency}".rstrip(theme.NO_BREAK)
    return Step(name, value, "relative", _signed(value), hover)
