"""Charts of category 02 about customers who left."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.flows import Step, waterfall, waterfall_height
from financial_analytics.charts.kit.parts import heat_texts, row_height
from financial_analytics.charts.registry import chart

MOST_STEPS = 8
MOST_SEGMENTS = 7
EVERYBODY = "All"


@chart(
    id="diagnostic.churn_waterfall",
    order=10,
    model="analytics_churn_analysis",
    title="What went before customers left",
    unit="per cent of the customers who left",
    reading=(
        "From all who left in the last twelve months, each bar takes away the share that would "
        "have stayed if everybody had the rate of the driver's best group, strongest driver "
        "first. Drivers overlap: each takes its share of what the ones above it left, as if they "
        "were independent. An association, not yet an effect."
    ),
    needs=(
        "customer_segment",
        "driver",
        "driver_label",
        "event_count",
        "information_value",
        "is_above_chance",
        "driver_rank_number",
        "population_attributable_pct",
    ),
    measures=("exposed_count",),
)
def churn_waterfall(frame: pd.DataFrame) -> go.Figure:
    """Waterfall of the shares of leavers that go with each driver above chance."""
    everybody = frame[frame["customer_segment"] == EVERYBODY]
    left = everybody.groupby("driver")["event_count"].sum().max()
    if frame["information_value"].isna().all():
        return theme.empty_figure(_too_few(frame))
    drivers = everybody.drop_duplicates("driver")
    above = drivers[drivers["is_above_chance"].fillna(False).astype(bool)]
    above = above[above["population_attributable_pct"] > 0]
    above = above.sort_values(["driver_rank_number", "driver"], kind="stable")
    if above.empty:
        return theme.empty_figure(
            f"none of {len(drivers)} drivers of leaving stands out from chance"
        )
    shown = above.head(MOST_STEPS)
    steps = [Step("All who left", 100.0, "absolute", "100", f"{theme.count(left)} customers")]
    rest = 100.0
    for row in shown.to_dict("records"):
        own = float(row["population_attributable_pct"])
        part = rest * own / 100
        rest -= part
        hover = (
            f"on its own {theme.percent(own)} of those who left"
            f"<br>information value {theme.decimal(row.get('information_value'), 3)}, "
            f"rank {theme.count(row['driver_rank_number'])} of {len(drivers)}"
        )
        steps.append(Step(str(row["driver_label"]), -part, "relative", f"-{part:,.1f}", hover))
    steps.append(Step("Not explained by these", rest, "total", f"{rest:,.1f}"))
    figure, compact = waterfall(steps, axis_title="per cent of the customers who left")
    first = shown.iloc[0]
    notes = []
    if len(above) > len(shown):
        notes.append(f"{len(above) - len(shown)} weaker drivers are left off.")
    if len(drivers) > len(above):
        notes.append(
            f"{len(drivers) - len(above)} of {len(drivers)} drivers do not stand out from chance."
        )
    return theme.finish(
        figure,
        finding=f"{theme.count(left)} customers left in twelve months; "
        f"“{first['driver_label']}” tells them best from those who "
        f"stayed and goes with {theme.percent(float(first['population_attributable_pct']))} of "
        f"them, the drivers shown together with {theme.percent(100 - rest)}.",
        height=waterfall_height([theme.wrap(step.name, 30) for step in steps]),
        compact=compact,
        note=" ".join(notes),
    )


@chart(
    id="diagnostic.churn_heatmap",
    order=20,
    model="analytics_churn_analysis",
    title="Which drivers of leaving matter in which segment",
    unit="information value above what chance gives",
    reading=(
        "The stronger the colour, the better the driver (row) tells those who left from those who "
        "stayed in the segment (column). 'chance' is a value that chance alone reaches in 5 of "
        "100 drivers; 'too few' is a segment with too few leavers to say."
    ),
    needs=(
        "customer_segment",
        "driver",
        "driver_label",
        "event_count",
        "information_value",
        "expected_information_value",
        "is_above_chance",
    ),
    measures=("exposed_count",),
)
def churn_heatmap(frame: pd.DataFrame) -> go.Figure:
    """Heatmap of information value above chance, driver by segment."""
    if frame["information_value"].isna().all():
        return theme.empty_figure(_too_few(frame))
    cells = _driver_segment_cells(frame)
    order = cells[cells["customer_segment"] == EVERYBODY]
    order = order.sort_values(["excess", "driver_label"], ascending=[False, True], kind="stable")
    drivers = order["driver_label"].tolist()
    drivers += sorted(set(cells["driver_label"]) - set(drivers))
    sizes = cells.groupby("customer_segment")["exposed_count"].max()
    ranked = sizes.drop(EVERYBODY, errors="ignore").sort_values(ascending=False, kind="stable")
    segments = [name for name in [EVERYBODY, *ranked.index[:MOST_SEGMENTS]] if name in sizes.index]

    def table(column: str) -> pd.DataFrame:
        pivot = cells.pivot_table(
            index="driver_label", columns="customer_segment", values=column, aggfunc="first"
        )
        return pivot.reindex(index=drivers, columns=segments)

    excess = table("excess").to_numpy(dtype=np.float64)
    above = table("above").fillna(0).to_numpy(dtype=np.float64) > 0
    values = np.where(above, excess, np.where(np.isnan(excess), np.nan, 0.0))
    top = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    top = top or 1.0
    hover = table("hover").fillna("no customers").to_numpy()
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=segments,
            y=drivers,
            zmin=0,
            zmax=top,
            xgap=2,
            ygap=2,
            colorscale=theme.SEQUENTIAL,
            showscale=False,
            customdata=hover,
            hovertemplate="<b>%{y}</b><br>%{x}<br>%{customdata}<extra></extra>",
            hoverongaps=True,
        )
    )
    texts = [
        [
            "too few" if np.isnan(value) else f"<b>{value:.2f}</b>" if flag else "chance"
            for value, flag in zip(value_row, flag_row, strict=True)
        ]
        for value_row, flag_row in zip(values, above, strict=True)
    ]
    heat_texts(figure, x=segments, y=drivers, shares=values / top, texts=texts)
    wide, narrow = ([theme.wrap(name, width) for name in drivers] for width in (26, 15))
    figure.update_yaxes(
        autorange="reversed", type="category", tickvals=drivers, ticktext=wide, showgrid=False
    )
    figure.update_xaxes(type="category", side="top", showgrid=False)
    return theme.finish(
        figure,
        finding=_heatmap_finding(cells, drivers),
        height=70 + row_height(wide, least=34) * len(drivers),
        compact={
            "layout": {
                "height": 110 + row_height(narrow, least=34) * len(drivers),
                "yaxis": {"ticktext": narrow, "tickfont": {"size": 10}},
                "xaxis": {"tickangle": -40, "tickfont": {"size": 10}},
            },
            "traces": [None, {"textfont": {"size": 9}}],
        },
    )


def _too_few(frame: pd.DataFrame) -> str:
    """Return why no driver can be judged, with the number of customers who left."""
    everybody = frame[frame["customer_segment"] == EVERYBODY]
    if not everybody["exposed_count"].sum() > 0:
        return "no customer is observed over a whole month before leaving or staying"
    left = everybody.groupby("driver")["event_count"].sum().max()
    return f"{theme.count(left)} customers left in twelve months, too few to judge a driver"


def _driver_segment_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per driver and segment, with what lies above chance."""
    keys = ["customer_segment", "driver", "driver_label"]
    rows = frame.assign(above=frame["is_above_chance"].fillna(False).astype("float64"))
    cells = rows.groupby(keys, sort=False, dropna=False).agg(
        exposed_count=("exposed_count", "sum"),
        event_count=("event_count", "sum"),
        information_value=("information_value", "first"),
        expected=("expected_information_value", "first"),
        above=("above", "max"),
    )
    cells = cells.reset_index()
    cells["excess"] = cells["information_value"] - cells["expected"]
    cells["hover"] = [
        f"information value {theme.decimal(row['information_value'], 3)}, "
        f"by chance {theme.decimal(row['expected'], 3)}"
        f"<br>{theme.count(row['event_count'])} left in "
        f"{theme.count(row['exposed_count'])} customer-months"
        for row in cells.to_dict("records")
    ]
    return cells


def _heatmap_finding(cells: pd.DataFrame, drivers: list[str]) -> str:
    segments = cells[cells["customer_segment"] != EVERYBODY]
    above = segments[segments["above"] > 0]
    known = int(segments.loc[segments["excess"].notna(), "customer_segment"].nunique())
    if above.empty:
        return (
            f"No driver stands out from chance within one segment; {known} segments have "
            f"enough leavers to look at {len(drivers)} drivers."
        )
    counts = above.groupby("driver_label")["customer_segment"].nunique()
    most = counts.sort_values(ascending=False, kind="stable")
    strongest = above.sort_values("excess", ascending=False, kind="stable").iloc[0]
    return (
        f"“{most.index[0]}” stands out in {int(most.iloc[0])} of {known} segments; the strongest "
        f"cell is “{strongest['driver_label']}” among {strongest['customer_segment']} "
        f"({strongest['excess']:.2f} above chance)."
    )
