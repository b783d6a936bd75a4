"""Charts of category 02 about what goes before a loan defaults."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.matrices import hundredths, numbered
from financial_analytics.charts.kit.parts import heat_texts, row_height
from financial_analytics.charts.registry import chart

MOST_DRIVERS = 14


def _drivers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per driver with a known information value, the strongest last."""
    one = frame[frame["information_value"].notna()].drop_duplicates("driver")
    return one.sort_values(
        ["information_value", "driver"], ascending=[True, False], kind="stable"
    ).reset_index(drop=True)


def _worst_bin(frame: pd.DataFrame, driver: str) -> str:
    """Return the bin of a driver with the highest rate, with its interval, in words."""
    bins = frame[frame["driver"] == driver].dropna(subset=["event_rate_pct"])
    if bins.empty:
        return ""
    row = bins.sort_values("event_rate_pct", ascending=False, kind="stable").iloc[0]
    lower, upper = (row.get(f"event_rate_pct_{end}") for end in ("lower", "upper"))
    return (
        f"highest: {row['bin']}, {theme.percent(row['event_rate_pct'], 2)} "
        f"({theme.percent(lower, 2)} to {theme.percent(upper, 2)})"
    )


@chart(
    id="diagnostic.default_drivers",
    order=50,
    model="analytics_loan_default_drivers",
    title="What tells loans that default from those that do not",
    unit="information value",
    reading=(
        "The longer the bar, the better the driver tells defaults (90 days past due) from other "
        "instalments. The tick is the value that chance alone exceeds in 5 of 100 drivers with as "
        "many groups: a hatched bar does not reach it, however long it is."
    ),
    needs=(
        "driver",
        "driver_label",
        "bin",
        "event_rate_pct",
        "event_count",
        "information_value",
        "critical_information_value",
        "is_above_chance",
    ),
    measures=("exposed_count",),
)
def default_drivers(frame: pd.DataFrame) -> go.Figure:
    """Bars of information value per driver with the value that chance reaches."""
    rows = _drivers(frame)
    if rows.empty:
        defaults = frame.groupby("driver")["event_count"].sum().max()
        return theme.empty_figure(
            f"{theme.count(defaults)} loans defaulted, too few to judge what goes before it"
        )
    count, rows = len(rows), rows.tail(MOST_DRIVERS).reset_index(drop=True)
    above = rows["is_above_chance"].fillna(False).astype(bool)
    names = rows["driver_label"].astype(str).tolist()
    figure = go.Figure()
    for name, flag, style in (("Above chance", True, 0), ("Not above chance", False, 1)):
        part = rows[above == flag]
        if part.empty:
            continue
        marker = theme.bar_style(style) | ({} if flag else {"color": theme.LIGHT["grey"]})
        figure.add_trace(
            go.Bar(
                orientation="h",
                y=part["driver_label"].tolist(),
                x=part["information_value"].tolist(),
                name=name,
                marker=marker,
                customdata=[_worst_bin(frame, driver) for driver in part["driver"]],
                hovertemplate="<b>%{y}</b><br>information value %{x:.3f}<br>%{customdata}"
                "<extra></extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=rows["critical_information_value"].tolist(),
            y=names,
            mode="markers",
            name="By chance in 5 of 100",
            marker={
                "symbol": "line-ns-open",
                "size": 16,
                "line": {"width": 2.5, "color": theme.LIGHT["text"]},
                "color": theme.LIGHT["text"],
            },
            hovertemplate="<b>%{y}</b><br>chance exceeds %{x:.3f} in 5 of 100<extra></extra>",
        )
    )
    wide, narrow = ([theme.wrap(name, width) for name in names] for width in (28, 16))
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        range=[-0.6, len(names) - 0.4],
        tickvals=names,
        ticktext=wide,
        ticklabelstandoff=6,
        showgrid=False,
    )
    figure.update_xaxes(title="information value", rangemode="tozero", nticks=6)
    figure.update_layout(barmode="overlay")
    first = rows.iloc[-1]
    events = frame[frame["driver"] == first["driver"]]
    said = f"{theme.count(events['event_count'].sum())} loans defaulted; "
    if not above.any():
        said += f"none of {count} drivers tells more than chance would."
    else:
        best = rows[above].iloc[-1]
        said += (
            f"of {int(above.sum())} drivers above chance (of {count}) “{best['driver_label']}” "
            f"tells most ({_worst_bin(frame, str(best['driver']))})."
        )
    return theme.finish(
        figure,
        finding=said,
        height=120 + row_height(wide) * len(names),
        compact={
            "layout": {
                "height": 150 + row_height(narrow) * len(names),
                "yaxis": {"ticktext": narrow, "tickfont": {"size": 11}},
                "xaxis": {"nticks": 4},
            }
        },
    )


@chart(
    id="diagnostic.default_correlation",
    order=60,
    model="analytics_loan_default_correlations",
    title="How default and its drivers move together",
    unit="Spearman rank correlation, -1 to 1",
    reading=(
        "Each cell is the rank correlation of its row and column over instalments: orange where "
        "one falls as the other rises, blue where both rise. Bold numbers have a {coverage} "
        "interval without 0. Drivers that correlate with each other share what they explain."
    ),
    needs=("driver", "driver_label", "other_driver", "spearman_correlation"),
    measures=("loan_count",),
)
def default_correlation(frame: pd.DataFrame) -> go.Figure:
    """Matrix of rank correlations, the default itself first."""
    rows = frame.dropna(subset=["driver", "other_driver"])
    found = rows[rows["spearman_correlation"].notna()]
    names = [name for name in dict.fromkeys(rows["driver"]) if name in set(found["driver"])]
    if not names:
        loans = theme.count(frame["loan_count"].max())
        return theme.empty_figure(f"{loans} loans, too few to correlate their drivers")
    names.sort(key=lambda name: name != "default")  # the rest keep the order of the model
    labels = dict(zip(rows["driver"], rows["driver_label"].fillna(rows["driver"]), strict=True))
    words = [str(labels[name]) for name in names]
    keyed = rows.set_index(["driver", "other_driver"])
    values = np.full((len(names), len(names)), np.nan)
    apart = np.zeros_like(values, dtype=bool)
    hover = [["" for _ in names] for _ in names]
    for i, first in enumerate(names):
        for j, second in enumerate(names):
            if (first, second) not in keyed.index:
                continue
            cell = keyed.loc[[(first, second)]].iloc[0]
            value = cell["spearman_correlation"]
            values[i, j] = value
            lower = cell.get("spearman_correlation_lower", np.nan)
            upper = cell.get("spearman_correlation_upper", np.nan)
            apart[i, j] = bool(lower > 0 or upper < 0)
            hover[i][j] = (
                f"{theme.decimal(value, 3)} ({theme.decimal(lower, 3)} to "
                f"{theme.decimal(upper, 3)})<br>{theme.count(cell.get('loan_count'))} loans"
            )
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=words,
            y=words,
            zmin=-1,
            zmax=1,
            xgap=2,
            ygap=2,
            colorscale=theme.DIVERGING,
            showscale=False,
            customdata=hover,
            hovertemplate="<b>%{y}</b><br>%{x}<br>%{customdata}<extra></extra>",
            hoverongaps=False,
        )
    )
    texts = [
        [
            ("—" if i == j else "unknown")
            if np.isnan(values[i, j])
            else f"<b>{hundredths(values[i, j])}</b>"
            if apart[i, j]
            else hundredths(values[i, j])
            for j in range(len(names))
        ]
        for i in range(len(names))
    ]
    heat_texts(figure, x=words, y=words, shares=np.abs(values), texts=texts)
    wide, across = ([theme.wrap(name, width) for name in words] for width in (18, 24))
    narrow = [theme.wrap(name, 15) for name in numbered(words)]
    figure.update_yaxes(
        autorange="reversed", type="category", tickvals=words, ticktext=wide, showgrid=False
    )
    figure.update_xaxes(
        type="category", tickvals=words, ticktext=across, tickangle=-40, showgrid=False
    )
    return theme.finish(
        figure,
        finding=_correlation_finding(found, labels),
        height=170 + 50 * len(names),
        compact={
            "layout": {
                # Names do not fit under narrow columns: there is the number of the row.
                "height": 80 + 46 * len(names),
                "yaxis": {"ticktext": narrow, "tickfont": {"size": 10}},
                "xaxis": {
                    "ticktext": [f"{number}." for number in range(1, len(names) + 1)],
                    "tickangle": 0,
                },
            },
            "traces": [None, {"textfont": {"size": 9}}],
        },
    )


def _correlation_finding(found: pd.DataFrame, labels: dict[str, str]) -> str:
    with_default = found[found["driver"] == "default"]
    rows = with_default if not with_default.empty else found
    place = int(rows["spearman_correlation"].abs().to_numpy().argmax())
    row = rows.iloc[place]
    what = "Default" if not with_default.empty else str(labels[row["driver"]])
    other = str(labels.get(row["other_driver"], row["other_driver"]))
    interval = ""
    if "spearman_correlation_lower" in row.index:
        apart = row["spearman_correlation_lower"] > 0 or row["spearman_correlation_upper"] < 0
        if not apart:
            what = f"No correlation with {what.lower()} is told apart from 0; {what.lower()}"
        interval = (
            f" ({theme.decimal(row['spearman_correlation_lower'], 2)} to "
            f"{theme.decimal(row['spearman_correlation_upper'], 2)})"
        )
    return (
        f"{what} moves most with “{other}”: "
        f"{theme.decimal(row['spearman_correlation'], 2)}{interval}."
    )
