"""Charts of category 01 about transactions: key figures, channels, categories."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.descriptive.customers import DONUT_ON_PHONE, donut
from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known, scalar
from financial_analytics.charts.kit.parts import Card, Good, cards_figure, leader, unknown_words
from financial_analytics.charts.registry import chart

NO_NAME = "Unknown"


@chart(
    id="descriptive.transaction_kpis",
    order=50,
    model="analytics_transaction_summary",
    title="Transactions of the last 30 days against the 30 days before",
    unit="transactions; money in the reporting currency; per cent",
    reading=(
        "Each card shows the last 30 days that transactions tell of, the change in per cent "
        "against the 30 days before and the value then. A rate changes in per cent of itself."
    ),
    needs=("transaction_count", "current_30d_transaction_count"),
    measures=("transaction_count",),
    span="full",
    metrics=("customers_transacting",),
)
def transaction_kpis(frame: pd.DataFrame) -> go.Figure:
    """Cards of the last 30 days with the change against the 30 days before."""
    currency = currency_of(frame)

    def card(label: str, name: str, good: Good, kind: str) -> Card:
        def text(value: float | None) -> str:
            if kind == "money":
                return theme.money(value, currency)
            return theme.count(value) if kind == "count" else theme.percent(value, 2)

        before = text(scalar(frame, f"previous_30d_{name}"))
        return Card(
            label=label,
            value=text(scalar(frame, f"current_30d_{name}")),
            change_pct=scalar(frame, f"{name}_change_pct"),
            before="" if before == theme.UNKNOWN else f"was {before}",
            good=good,
        )

    cards = [
        card("Transactions", "transaction_count", "up", "count"),
        card("Volume", "volume_amount", "up", "money"),
        card("Money in", "credit_amount", "neither", "money"),
        card("Money out", "debit_amount", "neither", "money"),
        card("Customers with a transaction", "unique_customers", "up", "count"),
        card("Declined", "declined_rate_pct", "down", "percent"),
        card("Fraud rate", "fraud_rate_pct", "down", "percent"),
        card("International", "international_count", "neither", "count"),
    ]
    finding = (
        f"{theme.count(scalar(frame, 'transaction_count'))} transactions in all, "
        f"{theme.count(scalar(frame, 'current_30d_transaction_count'))} in the last 30 days"
        f"{_where_they_end(frame)}; "
        f"volume in all {theme.money(scalar(frame, 'volume'), currency)}."
    )
    return cards_figure(cards, finding=finding)


def _where_they_end(frame: pd.DataFrame) -> str:
    """Return the end of the windows in words, where it is not the clock."""
    if "window_end_date" not in frame:
        return ""
    end = pd.Timestamp(frame["window_end_date"].iloc[0])
    return f" to {end:%Y-%m-%d}" if end < pd.Timestamp(frame["as_of_date"].iloc[0]) else ""


@chart(
    id="descriptive.channel_donut",
    order=60,
    model="analytics_transaction_by_channel",
    title="Channels that transactions come through",
    unit="transactions",
    reading=(
        "The area of a slice is the channel's share of all transactions, declined ones included. "
        "Hover for volume, customers and the share declined with its {coverage} Wilson interval."
    ),
    needs=("channel", "transaction_count"),
    measures=("transaction_count",),
)
def channel_donut(frame: pd.DataFrame) -> go.Figure:
    """Donut of transactions per channel, largest first."""
    currency = currency_of(frame)
    rows = known(frame, "transaction_count").sort_values(
        "transaction_count", ascending=False, kind="stable"
    )
    details = [
        f"volume {theme.money(row.get('volume'), currency)}"
        f"<br>{theme.count(row.get('unique_customers'))} customers"
        f"<br>declined {theme.percent(row.get('decline_rate_pct'), 2)} "
        f"({theme.percent(row.get('decline_rate_pct_lower'), 2)} to "
        f"{theme.percent(row.get('decline_rate_pct_upper'), 2)})"
        for row in rows.to_dict("records")
    ]
    total = float(rows["transaction_count"].sum())
    figure = donut(
        labels=rows["channel"].tolist(),
        values=rows["transaction_count"].tolist(),
        details=details,
        center=f"<b>{theme.count(total)}</b><br>transactions",
        noun="transactions",
    )
    first, share, unknown = leader(rows, "channel", "transaction_count")
    finding = (
        f"No channel is known for any of {theme.count(total)} transactions."
        if first is None
        else f"{first} carries {theme.percent(share)} of {theme.count(total)} transactions"
        f"{unknown_words(unknown)}."
    )
    return theme.finish(
        figure,
        finding=finding,
        height=360,
        compact=DONUT_ON_PHONE,
    )


@chart(
    id="descriptive.category_treemap",
    order=70,
    model="analytics_transaction_by_category",
    title="What merchants the money goes to",
    unit="posted volume in the reporting currency",
    reading=(
        "The area of a tile is the posted volume of a merchant category, inside its group. "
        "Click a group to enter it, its heading to leave it again. Deposits, transfers, cash and "
        "fees go to no merchant and are not drawn."
    ),
    needs=("merchant_category_group", "merchant_category", "volume"),
    measures=("volume",),
)
def category_treemap(frame: pd.DataFrame) -> go.Figure:
    """Treemap of volume, merchant category within its group."""
    currency = currency_of(frame)
    rows = known(frame, "volume")
    rows = rows[rows["volume"] > 0].assign(
        merchant_category_group=rows["merchant_category_group"].fillna(NO_NAME),
        merchant_category=rows["merchant_category"].fillna(NO_NAME),
    )
    if rows.empty:
        return theme.empty_figure("no merchant category has posted volume")
    elsewhere = (rows["merchant_category_group"] == NO_NAME) & (
        rows["merchant_category"] == NO_NAME
    )
    whole = float(rows["volume"].sum())
    if elsewhere.all():
        return theme.empty_figure(
            f"none of {theme.money(whole, currency)} posted volume has a merchant category"
        )
    rows = rows[~elsewhere]
    groups = rows.groupby("merchant_category_group")["volume"].sum()
    groups = groups.sort_values(ascending=False, kind="stable")
    colors = {name: theme.series_color(position) for position, name in enumerate(groups.index)}
    total = float(groups.sum())
    ids = ["all"] + [f"group:{name}" for name in groups.index]
    labels, parents = ["All categories", *groups.index], [""] + ["all"] * len(groups)
    values = [total, *groups.tolist()]
    fills = [theme.LIGHT["card"]] + [colors[name] for name in groups.index]
    details = [f"{len(rows)} categories"] + [
        f"{(rows['merchant_category_group'] == name).sum()} categories" for name in groups.index
    ]
    for row in rows.sort_values("volume", ascending=False, kind="stable").to_dict("records"):
        group = row["merchant_category_group"]
        ids.append(f"category:{group}:{row['merchant_category']}")
        labels.append(row["merchant_category"])
        parents.append(f"group:{group}")
        values.append(row["volume"])
        fills.append(colors[group])
        details.append(
            f"{theme.count(row.get('transaction_count'))} transactions, "
            f"{theme.count(row.get('unique_customers'))} customers"
            f"<br>average {theme.money(row.get('avg_amount'), currency)}"
        )
    figure = go.Figure(
        go.Treemap(
            ids=ids,
            labels=labels,
            parents=parents,
            values=values,
            branchvalues="total",
            customdata=[
                [theme.money(value, currency), detail]
                for value, detail in zip(values, details, strict=True)
            ],
            texttemplate="%{label}<br>%{customdata[0]}",
            textfont={
                "color": [theme.LIGHT["text"]] + [theme.LIGHT["onfill"]] * (len(ids) - 1),
                "size": 12,
            },
            hovertemplate="<b>%{label}</b><br>volume %{customdata[0]}, %{percentRoot:.1%} of all"
            "<br>%{customdata[1]}<extra></extra>",
            marker={
                "colors": fills,
                "line": {"color": theme.LIGHT["paper"], "width": 1.5},
                "pad": {"t": 22, "l": 3, "r": 3, "b": 3},
            },
            pathbar={"visible": False},
            tiling={"pad": 2},
        )
    )
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4})
    first, share, unknown = leader(rows, "merchant_category_group", "volume")
    finding = (
        f"No merchant category is known of {theme.money(total, currency)} posted volume."
        if first is None
        else f"{first} takes {theme.percent(share)} of {theme.money(total, currency)} posted "
        f"volume with a merchant category{unknown_words(unknown)}."
    )
    if elsewhere.any():
        finding += (
            f" That is {theme.percent(100 * total / whole)} of "
            f"{theme.money(whole, currency)} posted in all."
        )
    return theme.finish(
        figure,
        finding=finding,
        height=420,
        compact={"layout": {"height": 460}},
    )
