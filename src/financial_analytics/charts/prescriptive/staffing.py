"""Charts of category 06 about the people at the desks of branches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import matrices, theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.kit.plans import PLAN, limit_words, worth_words
from financial_analytics.charts.registry import chart

NO_LIMIT = "Nothing binds: the least staff in every hour is enough."
LIMIT = 4.0
MOST_BRANCHES = 12
NEEDS = (
    *("location_natural_key", "location_name", "day_of_week_number", "day_name", "hour_number"),
    *("hourly_visit_count", "current_staff_count", "required_staff_count"),
    *("recommended_cost_amount", "current_served_rate", "recommended_served_rate"),
    *("target_wait_minutes", "target_served_rate", "held_out_error_pct", "visit_count", *PLAN),
)


def _rows(frame: pd.DataFrame) -> pd.DataFrame:
    rows = known(frame, "recommended_staff_count", "hour_number", "hourly_visit_count")
    rows["location_name"] = rows["location_name"].fillna("Branch without a name")
    rows["is_compared"] = rows["current_staff_count"].notna()
    return rows


def _headline(rows: pd.DataFrame) -> str:
    """Return hours now and then, and what a week of the plan is worth."""
    currency = currency_of(rows)
    both = rows[rows["is_compared"]]
    branches = rows["location_natural_key"].nunique()
    hours = theme.count(float(rows["recommended_staff_count"].sum()))
    places = f"{theme.count(branches)} {'branch' if branches == 1 else 'branches'}"
    said = f"In a usual week the plan has {hours} hours of staff in {places}"
    if len(both) == len(rows):
        said += f" instead of {theme.count(float(both['current_staff_count'].sum()))}"
    cost = theme.money(float(rows["recommended_cost_amount"].astype(float).sum()), currency)
    worth = worth_words(rows, "the least staff in every hour", "today's staff")
    return f"{said}, at {cost}. {worth.replace('It is worth', 'A week of it is worth', 1)}"


def _served(rows: pd.DataFrame, name: str) -> float:
    weight = rows["hourly_visit_count"]
    return 100 * float((rows[f"{name}_served_rate"] * weight).sum() / weight.sum())


def _note(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    both = rows[rows["is_compared"]]
    said = (
        f"Asked for: {100 * float(first['target_served_rate']):g}{theme.NO_BREAK}% of visitors "
        f"served within {float(first['target_wait_minutes']):g} minutes in every hour. Of "
        f"{theme.count(float(rows['hourly_visit_count'].sum()))} visits to expect a week the plan "
        f"serves {theme.percent(_served(rows, 'recommended'))} in time"
    )
    if len(both):
        said += f", today's staff {theme.percent(_served(both, 'current'))}"
    said += ". Today: the employees of a branch, spread evenly over the open hours, as no feed "
    said += "holds a rota. "
    missing = rows.loc[~rows["is_compared"], "location_natural_key"].nunique()
    if missing:
        said += f"Of {missing} branches employees are not known. "
    error = rows.groupby("location_natural_key")["held_out_error_pct"].first().abs().median()
    if pd.notna(error):
        said += f"Held out, four weeks' visits of a branch missed the forecast by {error:.1f}"
        said += f"{theme.NO_BREAK}% in the median. "
    return said + limit_words(rows, NO_LIMIT)


@chart(
    id="prescriptive.staffing_heatmap",
    order=90,
    model="analytics_branch_staffing_optimization",
    title="Which hours need more people",
    unit="people at the desks of all branches, recommended over now",
    reading=(
        "A cell is an hour of a weekday: the number is how many people the plan has there in all "
        "branches, the colour how that compares with now. 2 is twice as many, 0.5 half; each "
        "step of the colours is a doubling. Branches with too few visits are left out."
    ),
    needs=NEEDS,
    measures=("recommended_staff_count",),
    span="full",
)
def staffing_heatmap(frame: pd.DataFrame) -> go.Figure:
    """Heatmap of weekday by hour: people then over people now."""
    rows = _rows(frame)
    names = (
        rows.drop_duplicates("day_of_week_number").set_index("day_of_week_number")["day_name"]
    ).sort_index()
    hours = list(range(int(rows["hour_number"].min()), int(rows["hour_number"].max()) + 1))
    keys = ("day_of_week_number", "hour_number")
    amounts = ["recommended_staff_count", "required_staff_count", "hourly_visit_count"]
    cells = rows.groupby(list(keys), as_index=False)[amounts].sum()
    both = rows[rows["is_compared"]].groupby(list(keys), as_index=False)
    apart = both[["recommended_staff_count", "current_staff_count"]].sum()
    cells = cells.merge(apart, on=list(keys), how="left", suffixes=("", "_compared"))
    cells["ratio"] = cells["recommended_staff_count_compared"] / cells["current_staff_count"]

    def matrix(value: str) -> np.ndarray:
        return matrices.cell_matrix(cells, keys, value, list(names.index), hours)

    staff, ratio = matrix("recommended_staff_count"), matrix("ratio")
    now, visits, asked = (
        matrix(name)
        for name in ("current_staff_count", "hourly_visit_count", "required_staff_count")
    )
    hover = [
        [
            f"<b>{day} {hour:02d}:00 to {hour:02d}:59</b><br>{theme.count(staff[row, at])} people, "
            f"{theme.count(asked[row, at])} asked for, {theme.count(now[row, at])} now<br>"
            f"{theme.decimal(visits[row, at])} visits to expect"
            if np.isfinite(staff[row, at])
            else ""
            for at, hour in enumerate(hours)
        ]
        for row, day in enumerate(names)
    ]
    shown = np.where(np.isfinite(staff) & ~np.isfinite(ratio), 1.0, ratio)
    labels = [f"{hour:02d}" for hour in hours]
    scaled = matrices.log_ratio(shown, LIMIT)
    bar = {
        "orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.2, "yanchor": "top", "len": 0.6,
        "thickness": 10, "outlinewidth": 0, "tickfont": {"size": 11, "color": theme.LIGHT["muted"]},
        **matrices.ratio_ticks(LIMIT),
    }  # fmt: skip
    figure = go.Figure(
        go.Heatmap(
            z=matrices.rows_of(scaled), x=labels, y=list(names), zmin=-np.log2(LIMIT),
            zmax=np.log2(LIMIT), xgap=1.5, ygap=1.5, colorscale=theme.DIVERGING, colorbar=bar,
            customdata=hover, hovertemplate="%{customdata}<extra></extra>", hoverongaps=False,
        )
    )  # fmt: skip
    texts = [[theme.count(v) if np.isfinite(v) else "" for v in line] for line in staff]
    matrices.cell_texts(
        figure, x=labels, y=list(names), shares=scaled / np.log2(LIMIT), texts=texts
    )
    figure.update_xaxes(type="category", title="hour of the day", showgrid=False, tickangle=0)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_layout(margin={"b": 70})
    finding = _headline(rows)
    compared = cells.dropna(subset=["ratio"])
    if len(compared):
        gap = (
            compared["recommended_staff_count_compared"] - compared["current_staff_count"]
        ).to_numpy(dtype=float)
        for at, more in ((int(gap.argmax()), "more"), (int(gap.argmin()), "fewer")):
            if gap[at] != 0 and (gap[at] > 0) == (more == "more"):
                day = names[compared["day_of_week_number"].iloc[at]]
                hour = int(compared["hour_number"].iloc[at])
                people = theme.count(abs(float(gap[at])))
                finding += f" {day} {hour:02d}:00 has {people} people {more} than now."
    return theme.finish(
        figure, finding=finding, height=170 + 34 * len(names), note=_note(rows),
        compact={"layout": {"height": 190 + 32 * len(names)}},
    )  # fmt: skip


@chart(
    id="prescriptive.staffing_bars",
    order=100,
    model="analytics_branch_staffing_optimization",
    title="Staff of branches, now and recommended",
    unit="hours of staff in a usual week",
    reading=(
        "Two bars for each branch: the hours of its employees now, and those of the cheapest "
        "shifts that serve enough visitors in time in every hour. Branches are sorted by how much "
        "they change."
    ),
    needs=NEEDS,
    measures=("recommended_staff_count",),
    span="full",
)
def staffing_bars(frame: pd.DataFrame) -> go.Figure:
    """Bars of staff hours by branch, now and then."""
    rows = _rows(frame)
    currency = currency_of(rows)
    rows = rows.assign(
        on_time=rows["recommended_served_rate"] * rows["hourly_visit_count"],
        now_on_time=rows["current_served_rate"] * rows["hourly_visit_count"],
        cost=rows["recommended_cost_amount"].astype(float),
    )
    table = rows.groupby("location_natural_key").agg(
        name=("location_name", "first"),
        now=("current_staff_count", lambda values: values.sum(min_count=1)),
        then=("recommended_staff_count", "sum"), visits=("hourly_visit_count", "sum"),
        on_time=("on_time", "sum"), cost=("cost", "sum"),
        now_on_time=("now_on_time", lambda values: values.sum(min_count=1)),
    )  # fmt: skip
    table["apart"] = table["then"] - table["now"]
    table = table.sort_values("apart", ascending=False, kind="stable", na_position="last")
    drawn = table
    if len(table) > MOST_BRANCHES:
        half = MOST_BRANCHES // 2
        known_ones = table.dropna(subset=["apart"])
        drawn = pd.concat([known_ones.head(half), known_ones.tail(half)])
        drawn = drawn[~drawn.index.duplicated()]
    labels = [theme.wrap(str(name), 24) for name in drawn["name"]]
    # two branches of one name are two bars
    labels = [
        f"{name} ({key})" if labels.count(name) > 1 else name
        for name, key in zip(labels, drawn.index, strict=True)
    ]
    figure = go.Figure()
    for position, (column, name, on_time) in enumerate(
        (("now", "Now", "now_on_time"), ("then", "Recommended", "on_time"))
    ):
        figure.add_trace(
            go.Bar(
                x=[None if pd.isna(value) else float(value) for value in drawn[column]],
                y=labels, orientation="h", name=name, marker=theme.bar_style(position),
                customdata=[
                    f"{theme.count(hours)} hours, {theme.percent(100 * served / visits)} of "
                    f"{theme.count(visits)} visits served in time"
                    for hours, served, visits in zip(
                        drawn[column], drawn[on_time], drawn["visits"], strict=True
                    )
                ],
                hovertemplate="<b>%{y}</b><br>%{fullData.name}: %{customdata}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_layout(
        barmode="group",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )
    figure.update_xaxes(title="hours of staff a week", rangemode="tozero")
    figure.update_yaxes(autorange="reversed")
    finding = _headline(rows)
    changed = table.dropna(subset=["apart"])
    for at, word, more in ((0, "gains", 1), (-1, "gives", -1)):
        if len(changed) and more * changed["apart"].iloc[at] > 0:
            line = changed.iloc[at]
            finding += (
                f" {line['name']} {word} most: {theme.count(line['then'])} hours for "
                f"{theme.count(line['now'])}."
            )
    note = ""
    if len(drawn) < len(table):
        note = f"{len(drawn)} of {len(table)} branches are drawn, those that change most. "
    total = theme.money(float(table["cost"].sum()), currency)
    note += f"All branches: {total} a week. " if len(drawn) < len(table) else ""
    return theme.finish(
        figure, finding=finding, height=150 + 46 * len(labels), note=note + _note(rows),
        compact={"layout": {"height": 190 + 54 * len(labels)}},
    )  # fmt: skip
