"""Charts of category 07 about campaigns: what each one adds, and when."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.verdicts import (
    EFFECT_NEEDS,
    REFUTED,
    SUPPORTED,
    Row,
    design_words,
    effects,
    level,
    span_words,
    told_apart,
    verdict_words,
)
from financial_analytics.charts.kit.words import float_of, interval
from financial_analytics.charts.registry import chart

DESIGNS = {
    "randomised_holdout": ("With a holdout: conversions", "blue", "circle"),
    "doubly_robust_differences": ("Without: purchases", "orange", "square"),
}
NEEDS = (
    *EFFECT_NEEDS,
    *("design_name", "campaign_name", "channel", "treatment_count", "adjusted_p_value"),
)
MODEL = "analytics_campaign_causal_impact"
CLEAR = 0.05


def _supported(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose design holds and gives an estimate."""
    return rows[(rows["verdict"] == SUPPORTED) & rows["estimate"].notna()]


def _failed(rows: pd.DataFrame) -> str:
    """Return how many designs were refuted or not identified, and why, as sentences."""
    left = rows[rows["verdict"] != SUPPORTED]
    said = []
    for verdict, words in ((REFUTED, "Refuted"), ("not_identified", "Not identified")):
        part = left[left["verdict"] == verdict]
        if part.empty:
            continue
        why = part.groupby(part["failed_diagnostic"].fillna("unknown"))["group_name"].apply(
            lambda names: ", ".join(f"#{name}" for name in names)
        )
        reasons = "; ".join(f"{reason} ({names})" for reason, names in why.items())
        said.append(f"{words}, so no effect is given: {reasons}.")
    return " ".join(said)


def _total(frame: pd.DataFrame, design: str) -> Row | None:
    """Return the mean over the campaigns of a design, where one of them is supported."""
    if _supported(effects(frame, design_name=design)).empty:
        return None
    rows = _supported(frame[(frame["effect_level"] == "total") & (frame["design_name"] == design)])
    return None if rows.empty else rows.iloc[0].to_dict()


def _total_words(row: Row, noun: str) -> str:
    clear = "" if told_apart(row) else ", which cannot be told from nothing"
    return f"{interval(row, 'estimate', 1, 100.0)} {noun} per 100 contacts{clear}"


@chart(
    id="causal.campaign_forest",
    order=20,
    model=MODEL,
    title="What each campaign added",
    unit="conversions or purchases added per 100 contacts",
    reading=(
        "Each mark is what a campaign added, with its interval of {coverage} coverage; right of 0 "
        "it added something. Campaigns with a holdout drawn by lot and those without are told "
        "apart by colour and mark: the latter rest on comparable customers. Campaigns whose design "
        "failed have no mark and are named in the note."
    ),
    needs=NEEDS,
    measures=("estimate",),
    span="full",
)
def campaign_forest(frame: pd.DataFrame) -> go.Figure:
    """Forest of the campaigns' effects, by design."""
    rows = effects(frame)
    if rows.empty:
        return theme.empty_figure("no campaign contacted anybody up to the clock")
    held = _supported(rows)
    if held.empty:
        why = _failed(rows) or verdict_words(rows.iloc[0].to_dict())
        return theme.empty_figure(f"no campaign's design is supported. {why}")
    drawn = held.sort_values(["design_name", "estimate"], kind="stable")
    figure = go.Figure()
    for design, (name, token, symbol) in DESIGNS.items():
        part = drawn[drawn["design_name"] == design]
        if part.empty:
            continue
        scaled = 100 * part[["estimate", "estimate_lower", "estimate_upper"]].astype(float)
        figure.add_trace(
            go.Scatter(
                x=scaled["estimate"].tolist(),
                y=[f"#{number}" for number in part["group_name"]],
                mode="markers",
                name=name,
                marker={"color": theme.LIGHT[token], "symbol": symbol, "size": 8},
                error_x={
                    "type": "data", "symmetric": False, "thickness": 1.5, "width": 0,
                    "color": theme.LIGHT[token],
                    "array": (scaled["estimate_upper"] - scaled["estimate"]).tolist(),
                    "arrayminus": (scaled["estimate"] - scaled["estimate_lower"]).tolist(),
                },
                customdata=[
                    [campaign, low, high]
                    for campaign, low, high in zip(
                        part["campaign_name"], scaled["estimate_lower"], scaled["estimate_upper"],
                        strict=True,
                    )
                ],
                hovertemplate="%{customdata[0]}<br>%{x:+.1f} per 100 contacts "
                "(%{customdata[1]:+.1f} to %{customdata[2]:+.1f})<extra></extra>",
            )
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": theme.LIGHT["grey"], "width": 1})
    figure.update_xaxes(title="added per 100 contacts")
    figure.update_yaxes(
        type="category", title="campaign", tickmode="linear",
        categoryorder="array", categoryarray=[f"#{number}" for number in drawn["group_name"]],
    )  # fmt: skip
    clear = held[held["adjusted_p_value"] < CLEAR]
    best = clear.sort_values("estimate", ascending=False)
    worse = int((clear["estimate"] < 0).sum())
    refuted = int((rows["verdict"] == REFUTED).sum())
    finding = f"Of {theme.count(len(rows))} campaigns{_span(rows)}"
    for design, words in (
        ("randomised_holdout", "are supported by a holdout"),
        ("doubly_robust_differences", "are supported without one"),
    ):
        finding += f", {theme.count(int((held['design_name'] == design).sum()))} {words}"
    finding += (
        f", {theme.count(refuted)} refuted, {theme.count(len(rows) - len(held) - refuted)} not "
        f"identified. {theme.count(len(clear))} can be told from nothing, all campaigns allowed for"
    )
    if len(best):
        named = [f"#{number}" for number in best["group_name"]]
        more = f" and {len(named) - 5} more" if len(named) > 5 else ""
        finding += f": {', '.join(named[:5])}{more}"
        finding += f"; {theme.count(worse)} of them did harm" if worse else ""
    finding += "."
    means = []
    for design, noun in (
        ("randomised_holdout", "conversions"),
        ("doubly_robust_differences", "purchases"),
    ):
        row = _total(frame, design)
        if row is not None:
            how = "With" if design == "randomised_holdout" else "Without"
            means.append(f"{how} a holdout, on average {_total_words(row, noun)}.")
    finding += "".join(f" {text}" for text in means)
    note = " ".join(part for part in (_power(held), _failed(rows), _designs(held)) if part)
    return theme.finish(figure, finding=finding, height=max(360, 16 * len(drawn) + 140), note=note)


def _span(rows: pd.DataFrame) -> str:
    first, last = rows["period_start_date"].min(), rows["period_end_date"].max()
    return span_words({"period_start_date": first, "period_end_date": last})


def _power(held: pd.DataFrame) -> str:
    """Return what campaigns of these sizes could have found, by design."""
    said = []
    for design, noun in (
        ("randomised_holdout", "with a holdout"),
        ("doubly_robust_differences", "without one"),
    ):
        part = held[held["design_name"] == design]
        if len(part):
            least = 100 * float_of(part["minimum_detectable_value"].median())
            said.append(f"{noun} {least:.1f}")
    if not said:
        return ""
    return f"The middle campaign finds, per 100 contacts, {', '.join(said)} four times out of five."


def _designs(held: pd.DataFrame) -> str:
    """Return what each design estimates and assumes."""
    parts = []
    for design, (name, *_) in DESIGNS.items():
        part = held[held["design_name"] == design]
        if len(part):
            parts.append(f"{name.split(':')[0]}: {design_words(part.iloc[0].to_dict())}")
    return " ".join(parts)


@chart(
    id="causal.did_timeline",
    order=30,
    model=MODEL,
    title="Purchases around campaigns without a holdout",
    unit="purchases per 100 contacts in a fortnight, more than comparable customers",
    reading=(
        "Each mark is by how much the purchases of those contacted differ, in that fortnight, from "
        "those of comparable customers who were not, both against their own mean before. Left of "
        "the line the marks should lie at 0. Bars have {coverage} coverage, each on its own."
    ),
    needs=(*NEEDS, "placebo_p_value"),
    measures=("estimate",),
)
def did_timeline(frame: pd.DataFrame) -> go.Figure:
    """Event study in fortnights, over the supported campaigns without a holdout."""
    design = "doubly_robust_differences"
    rows = effects(frame, design_name=design)
    if rows.empty:
        return theme.empty_figure("every campaign held customers out: none needs this design")
    total = _total(frame, design)
    points = level(frame, "event", design_name=design)
    points = points[~points["group_name"].isin(rows["group_name"])]  # of all campaigns together
    if total is None or points.empty:
        why = _failed(rows)
        return theme.empty_figure(f"no campaign without a holdout has a supported design. {why}")
    scaled = 100 * points[["estimate", "estimate_lower", "estimate_upper"]].astype(float)
    figure = go.Figure(
        go.Scatter(
            x=points["point_number"].tolist(),
            y=scaled["estimate"].tolist(),
            mode="lines+markers",
            name="Contacted, more than comparable customers",
            line={"color": theme.LIGHT["orange"], "width": 1, "dash": "dot"},
            marker={"color": theme.LIGHT["orange"], "symbol": "square", "size": 7},
            error_y={
                "type": "data", "symmetric": False, "thickness": 1.5, "width": 0,
                "color": theme.LIGHT["orange"],
                "array": (scaled["estimate_upper"] - scaled["estimate"]).tolist(),
                "arrayminus": (scaled["estimate"] - scaled["estimate_lower"]).tolist(),
            },
            customdata=scaled[["estimate_lower", "estimate_upper"]].to_numpy().tolist(),
            hovertemplate="fortnight %{x:.0f}<br>%{y:+.1f} per 100 contacts (%{customdata[0]:+.1f} "
            "to %{customdata[1]:+.1f})<extra></extra>",
        )
    )  # fmt: skip
    figure.add_vline(x=-0.5, line={"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"})
    figure.add_hline(y=0, line={"color": theme.LIGHT["grey"], "width": 1})
    figure.update_xaxes(title="fortnights since the campaign's first contact")
    figure.update_yaxes(title="purchases per 100 contacts")
    held = _supported(rows)
    finding = (
        f"Of {theme.count(len(rows))} campaigns without a holdout{_span(rows)}, "
        f"{theme.count(len(held))} have a supported design: "
        f"{_total_words(total, 'purchases')}, until a fortnight after the campaign. "
        f"{verdict_words(total)}"
    )
    least = held["placebo_p_value"].min()
    tests = (
        f"Smallest p, of {theme.count(len(held))}, that groups did not move apart before: "
        f"{theme.decimal(least, 2)}. All of them together find "
        f"{100 * float_of(total['minimum_detectable_value']):.1f} per 100 contacts four times out "
        "of five."
    )
    note = " ".join(part for part in (tests, _failed(rows), design_words(total)) if part)
    return theme.finish(figure, finding=finding, height=380, note=note)
