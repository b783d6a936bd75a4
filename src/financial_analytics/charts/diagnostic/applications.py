"""The chart of category 02 about applications for credit."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.flows import Step, waterfall, waterfall_height
from financial_analytics.charts.registry import chart


@chart(
    id="diagnostic.application_waterfall",
    order=110,
    model="analytics_credit_application_rejection_analysis",
    title="From applications for credit to approvals",
    unit="applications",
    reading=(
        "Top to bottom: all applications, less those not decided yet, less those declined, by the "
        "reason that the policy gives for it; what remains is approved. A near miss is a declined "
        "score a few points below the cutoff."
    ),
    needs=("stage", "reason", "application_count"),
    measures=("application_count",),
)
def application_waterfall(frame: pd.DataFrame) -> go.Figure:
    """Waterfall from applications through reasons of decline to approvals."""
    rows = frame.dropna(subset=["application_count", "stage"])
    total = float(rows["application_count"].sum())
    if total <= 0:
        return theme.empty_figure("nobody applied for credit")
    pending = float(rows.loc[rows["stage"] == "pending", "application_count"].sum())
    declined = rows[rows["stage"] == "declined"]
    reasons = declined.groupby(declined["reason"].fillna("Unknown"))["application_count"].sum()
    reasons = reasons.sort_values(ascending=False, kind="stable")
    reasons = reasons[reasons > 0]
    approved = total - pending - float(reasons.sum())

    def share(value: float) -> str:
        return f"{theme.percent(100 * value / total)} of all applications"

    steps = [Step("Applications", total, "absolute", theme.count(total))]
    if pending > 0:
        steps.append(
            Step("Not decided", -pending, "relative", f"-{theme.count(pending)}", share(pending))
        )
    for reason, value in reasons.items():
        name = f"Declined: {reason}"
        text = f"-{theme.count(value)}"
        steps.append(Step(name, -float(value), "relative", text, share(float(value))))
    steps.append(Step("Approved", approved, "total", theme.count(approved), share(approved)))
    figure, compact = waterfall(steps, axis_title="applications")
    decided = total - pending
    finding = (
        f"{theme.count(approved)} of {theme.count(decided)} decided applications were approved"
    )
    finding += f" ({theme.percent(100 * approved / decided)})" if decided else ""
    named = reasons.drop("Unknown", errors="ignore")
    if not named.empty:
        finding += f"; the most frequent reason against: {named.index[0]}"
    if "is_near_miss" in declined:
        near = declined["is_near_miss"].fillna(False).astype(bool)
        number = float(declined.loc[near, "application_count"].sum())
        finding += f"; {theme.count(number)} missed the cutoff narrowly"
    return theme.finish(
        figure,
        finding=finding + ".",
        height=waterfall_height([theme.wrap(step.name, 30) for step in steps]),
        compact=compact,
    )
