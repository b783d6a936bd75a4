"""The chart of category 02 about closed accounts."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.flows import sankey, sankey_on_phone
from financial_analytics.charts.kit.frames import currency_of
from financial_analytics.charts.registry import chart

MOST_REASONS = 9
LEFT, STAYED = "Left the bank", "Kept an account"


@chart(
    id="diagnostic.closure_sankey",
    order=120,
    model="analytics_account_closure_analysis",
    title="The paths into a closed account",
    unit="accounts",
    reading=(
        "Left to right: the state of the account in the 90 days before it was closed, the reason "
        "that was stated, and whether the customer had an account left. The width is the number "
        "of accounts; the orange flows are customers who left the bank."
    ),
    needs=("prior_state", "stated_reason", "closed_count", "left_bank_count"),
    measures=("closed_count",),
    metrics=("accounts_closed_while_active",),
)
def closure_sankey(frame: pd.DataFrame) -> go.Figure:
    """Sankey from prior state to stated reason to what is left."""
    currency = currency_of(frame)
    rows = frame.assign(
        state=frame["prior_state"].fillna("Unknown").map(_capital),
        reason=frame["stated_reason"].fillna("Not stated"),
        closed=frame["closed_count"].fillna(0.0),
        left=frame["left_bank_count"].fillna(0.0),
    )
    total = float(rows["closed"].sum())
    if total <= 0:
        return theme.empty_figure("no account was closed")
    by_reason = rows.groupby("reason")["closed"].sum().sort_values(ascending=False, kind="stable")
    if len(by_reason) > MOST_REASONS:
        kept = set(by_reason.index[: MOST_REASONS - 1])
        other = f"Other ({len(by_reason) - len(kept)} reasons)"
        rows["reason"] = rows["reason"].where(rows["reason"].isin(kept), other)
    links = pd.concat(
        [
            _links(rows, 0, "state", "reason", "closed"),
            _links(rows.assign(end=LEFT), 1, "reason", "end", "left"),
            _links(
                rows.assign(end=STAYED, kept=rows["closed"] - rows["left"]),
                1,
                "reason",
                "end",
                "kept",
            ),
        ],
        ignore_index=True,
    )
    figure = go.Figure(
        sankey(
            links,
            colors=("blue", "purple", "grey"),
            highlight=lambda row: bool(row["target"] == LEFT),
        )
    )
    nodes = max(links[links["value"] > 0].groupby("stage")["source"].nunique().max(), 2)
    states = rows.groupby("state")["closed"].sum().sort_values(ascending=False, kind="stable")
    left = float(rows["left"].sum())
    first, share = str(states.index[0]), theme.percent(100 * float(states.iloc[0]) / total)
    before = f"before it most were {first.lower()} ({share})"
    if first == "Unknown":
        before = f"what went before is unknown of {share}"
    finding = (
        f"{theme.count(total)} accounts were closed; {before}; "
        f"with {theme.percent(100 * left / total)} the customer left the bank"
    )
    if "lost_balance" in rows and rows["lost_balance"].notna().any():
        finding += f"; {theme.money(float(rows['lost_balance'].sum()), currency)} moved out"
    figure.update_layout(margin={"l": 10, "r": 10, "t": 16, "b": 16})
    return theme.finish(
        figure,
        finding=finding + ".",
        height=160 + 44 * int(nodes),
        compact={
            "layout": {"height": 220 + 54 * int(nodes)},
            "traces": [sankey_on_phone(figure.data[0])],
        },
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _links(rows: pd.DataFrame, stage: int, source: str, target: str, value: str) -> pd.DataFrame:
    """Return the links of one stage, summed, with what is said when pointed at."""
    sums = rows.groupby([source, target], sort=True)[value].sum().reset_index()
    sums.columns = ["source", "target", "value"]
    sums = sums.assign(stage=stage)
    whole = sums.groupby("source")["value"].transform("sum")
    sums["hover"] = [
        f"<b>{row['source']} → {row['target']}</b><br>{theme.count(row['value'])} accounts, "
        f"{theme.percent(100 * row['value'] / size) if size else theme.UNKNOWN} of {row['source']}"
        for row, size in zip(sums.to_dict("records"), whole, strict=True)
    ]
    return sums
