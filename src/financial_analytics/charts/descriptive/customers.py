"""Charts of category 01 about customers: key figures, segments and ages."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known, scalar
from financial_analytics.charts.kit.parts import (
    MOST_SLICES,
    Card,
    Good,
    cards_figure,
    leader,
    unknown_words,
)
from financial_analytics.charts.registry import chart

DONUT_ON_PHONE = {
    "layout": {
        "height": 300,
        "margin": {"l": 82, "r": 82, "t": 40, "b": 40},
    }
}
AGE_ORDER = ("Under 18", "18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+", "Unknown")


def _before(text: str) -> str:
    return "" if text == theme.UNKNOWN else f"was {text}"


@chart(
    id="descriptive.customer_kpis",
    order=10,
    model="analytics_customer_overview",
    title="Customers today and twelve months ago",
    unit="customers; money in the reporting currency; months; score points",
    reading=(
        "Each card shows the value at the as-of date, its change in per cent over twelve months "
        "and the value then. Green is welcome, orange is not; the arrow gives the direction."
    ),
    needs=("total_customers", "active_customers"),
    measures=("total_customers",),
    span="full",
    metrics=("customers_called_active",),
)
def customer_kpis(frame: pd.DataFrame) -> go.Figure:
    """Cards of the customer base with the change over twelve months."""
    currency = currency_of(frame)

    def card(label: str, name: str, good: Good, kind: str) -> Card:
        def text(value: float | None) -> str:
            if kind == "money":
                return theme.money(value, currency)
            return theme.count(value) if kind == "count" else theme.decimal(value, 1)

        return Card(
            label=label,
            value=text(scalar(frame, name)),
            change_pct=scalar(frame, f"{name}_change_pct"),
            before=_before(text(scalar(frame, f"previous_{name}"))),
            good=good,
        )

    cards = [
        card("Customers", "total_customers", "up", "count"),
        card("Active", "active_customers", "up", "count"),
        card("Inactive", "inactive_customers", "down", "count"),
        card("Average tenure, months", "avg_tenure_months", "neither", "decimal"),
        card("Average lifetime value", "avg_clv", "up", "money"),
        card("Total lifetime value", "total_clv_amount", "up", "money"),
        card("Average income", "avg_income", "neither", "money"),
        card("Average credit score", "avg_credit_score", "up", "decimal"),
    ]
    total, active = scalar(frame, "total_customers"), scalar(frame, "active_customers")
    share = 100 * active / total if total and active is not None else None
    finding = f"{theme.count(total)} customers, {theme.percent(share)} of them active."
    return cards_figure(cards, finding=finding)


@chart(
    id="descriptive.segment_donut",
    order=20,
    model="analytics_customer_by_segment",
    title="How customers divide into segments",
    unit="customers",
    reading=(
        "The area of a slice is the segment's share of all customers; slices run clockwise "
        "from the largest. Hover for lifetime value, income, score and tenure."
    ),
    needs=("customer_segment", "customer_count"),
    measures=("customer_count",),
)
def segment_donut(frame: pd.DataFrame) -> go.Figure:
    """Donut of customers per segment, largest first."""
    currency = currency_of(frame)
    rows = known(frame, "customer_count").sort_values(
        "customer_count", ascending=False, kind="stable"
    )
    total = float(rows["customer_count"].sum())
    details = [
        f"average lifetime value {theme.money(row.get('avg_clv'), currency)}"
        f"<br>average income {theme.money(row.get('avg_income'), currency)}"
        f"<br>average credit score {theme.decimal(row.get('avg_credit_score'), 0)}"
        f"<br>average tenure {theme.decimal(row.get('avg_tenure_months'), 0)} months"
        for row in rows.to_dict("records")
    ]
    figure = donut(
        labels=rows["customer_segment"].tolist(),
        values=rows["customer_count"].tolist(),
        details=details,
        center=f"<b>{theme.count(total)}</b><br>customers",
        noun="customers",
    )
    first, share, unknown = leader(rows, "customer_segment", "customer_count")
    finding = (
        f"No segment is known for any of {theme.count(total)} customers."
        if first is None
        else f"{first} is the largest segment with {theme.percent(share)} of "
        f"{theme.count(total)} customers{unknown_words(unknown)}."
    )
    return theme.finish(
        figure,
        finding=finding,
        height=360,
        compact=DONUT_ON_PHONE,
    )


def donut(
    *, labels: list[str], values: list[float], details: list[str], center: str, noun: str
) -> go.Figure:
    """Return a donut whose slices are labelled beside them.

    Parameters
    ----------
    labels, values, details : list, shape (n,)
        Name, size and hover text of each slice, in drawing order; those after the seventh
        become one.
    center : str
        Text in the hole.
    noun : str
        What is counted.
    """
    if len(labels) > MOST_SLICES:
        rest = len(labels) - MOST_SLICES + 1
        values = [*values[: MOST_SLICES - 1], sum(values[MOST_SLICES - 1 :])]
        labels = [*labels[: MOST_SLICES - 1], f"Other ({rest})"]
        details = [*details[: MOST_SLICES - 1], f"{rest} together"]
    order = range(len(labels))
    figure = go.Figure(
        go.Pie(
            labels=[theme.wrap(label, 16) for label in labels],
            values=values,
            hole=0.58,
            sort=False,
            direction="clockwise",
            texttemplate="%{label}<br>%{percent:.1%}",
            textposition="outside",
            textfont={"size": 12},
            customdata=details,
            hovertemplate="<b>%{label}</b><br>%{value:,.0f} "
            + noun
            + " (%{percent:.1%})<br>%{customdata}<extra></extra>",
            marker={
                "colors": [theme.series_color(position) for position in order],
                "line": {"color": theme.LIGHT["paper"], "width": 2},
                "pattern": {
                    "shape": [theme.PATTERNS[position % 7] for position in order],
                    "bgcolor": [theme.series_color(position) for position in order],
                    "fgcolor": theme.LIGHT["hatch"],
                    "size": 8,
                    "solidity": 0.2,
                },
            },
            showlegend=False,
        )
    )
    figure.add_annotation(
        text=center,
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 13},
    )
    figure.update_layout(margin={"l": 96, "r": 96, "t": 44, "b": 44})
    return figure


@chart(
    id="descriptive.age_pyramid",
    order=30,
    model="analytics_customer_by_age_group",
    title="Age of active and inactive customers",
    unit="customers",
    reading=(
        "Bars to the left are active customers, hatched bars to the right inactive ones, "
        "youngest at the bottom. Equal lengths mean equal numbers."
    ),
    needs=("age_group", "is_active", "customer_count"),
    measures=("customer_count",),
    metrics=("customers_called_active",),
)
def age_pyramid(frame: pd.DataFrame) -> go.Figure:
    """Draw a population pyramid: active to the left, inactive to the right."""
    currency = currency_of(frame)
    rows = known(frame, "customer_count")
    rows["is_active"] = rows["is_active"].fillna(False).astype(bool)
    present = set(rows["age_group"].dropna())
    groups = [group for group in AGE_ORDER if group in present]
    groups += sorted(present - set(AGE_ORDER))
    figure = go.Figure()
    longest = 1.0
    for position, (active, name, sign) in enumerate(((True, "Active", -1), (False, "Inactive", 1))):
        side = rows[rows["is_active"] == active].set_index("age_group").reindex(groups)
        counts = side["customer_count"].fillna(0)
        longest = max(longest, float(counts.max()) if len(counts) else 0)
        figure.add_trace(
            go.Bar(
                x=(sign * counts).tolist(),
                y=groups,
                orientation="h",
                name=name,
                marker=theme.bar_style(position),
                text=[theme.count(value) if value else "" for value in counts],
                textposition="outside",
                textfont={"size": 11},
                cliponaxis=False,
                customdata=[
                    [
                        theme.count(row.get("customer_count")),
                        theme.money(row.get("avg_clv"), currency),
                        theme.money(row.get("avg_income"), currency),
                    ]
                    for row in side.to_dict("records")
                ],
                hovertemplate="<b>%{y}</b>, " + name.lower() + ": %{customdata[0]} customers"
                "<br>average lifetime value %{customdata[1]}"
                "<br>average income %{customdata[2]}<extra></extra>",
            )
        )
    ticks, texts = _mirror_ticks(longest)
    edge = longest * 1.25
    figure.update_layout(barmode="relative", bargap=0.12, legend={"traceorder": "normal"})
    figure.update_xaxes(tickvals=ticks, ticktext=texts, range=[-edge, edge], title="customers")
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=groups)
    active_count = float(rows.loc[rows["is_active"], "customer_count"].sum())
    total = float(rows["customer_count"].sum())
    by_group = rows.groupby("age_group")["customer_count"].sum()
    share = 100 * float(by_group.max()) / total if total else None
    return theme.finish(
        figure,
        finding=f"The largest age group is {by_group.idxmax()} with {theme.percent(share)} of "
        f"customers; {theme.count(active_count)} of {theme.count(total)} are active.",
        height=380,
        compact={"layout": {"height": 380, "xaxis": {"range": [-1.45 * longest, 1.45 * longest]}}},
    )


def _mirror_ticks(longest: float) -> tuple[list[float], list[str]]:
    """Return round tick positions on both sides of zero, labelled without sign."""
    rough = longest / 1.5
    power = 10 ** max(0, len(str(int(rough))) - 1)
    step = next((factor * power for factor in (5, 2, 1) if factor * power <= rough), 1)
    ticks = [float(step * k) for k in range(-3, 4) if abs(step * k) <= longest * 1.1]
    return ticks, [theme.count(abs(tick)) for tick in ticks]
