"""The chart of category 03 that takes a daily series apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import known, scalar
from financial_analytics.charts.registry import chart

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PREFERRED = ("transactions", "spending", "active_customers")
GAP = 0.075


def _chosen(frame: pd.DataFrame) -> pd.DataFrame | None:
    """Return the rows of the first series, in the preferred order, that could be taken apart."""
    names = [str(name) for name in frame["series_name"].dropna().unique()]
    order = [name for name in PREFERRED if name in names]
    order += [name for name in names if name not in order]
    for name in order:
        rows = frame[frame["series_name"] == name]
        if rows["observed_value"].notna().any() and rows["trend_value"].notna().any():
            return rows.sort_values("observation_date").reset_index(drop=True)
    return None


def _line(rows: pd.DataFrame, column: str, name: str, token: str, axis: int) -> go.Scatter:
    return go.Scatter(
        x=rows["observation_date"],
        y=rows[column].tolist(),
        mode="lines",
        name=name,
        line={"color": theme.LIGHT[token], "width": 1 if column != "trend_value" else 2.4},
        xaxis="x",
        yaxis="y" if axis == 1 else f"y{axis}",
        showlegend=axis == 1,
        hovertemplate="%{x|%a %d %b %Y}<br>%{y:,.4~g}<extra>" + name + "</extra>",
    )


def _strength(rows: pd.DataFrame, which: str) -> str:
    value = scalar(rows, f"{which}_strength_rate")
    if value is None:
        return "strength unknown"
    lower = scalar(rows, f"{which}_strength_rate_lower")
    upper = scalar(rows, f"{which}_strength_rate_upper")
    ends = "" if lower is None or upper is None else f" ({lower:.2f} to {upper:.2f})"
    return f"strength {value:.2f}{ends}"


def _holiday_words(rows: pd.DataFrame) -> str:
    effect = scalar(rows, "holiday_effect_pct")
    if effect is None:
        return "holiday effect unknown"
    lower = scalar(rows, "holiday_effect_pct_lower")
    upper = scalar(rows, "holiday_effect_pct_upper")
    text = f"bank holidays {effect:+.1f}{theme.NO_BREAK}%"
    if lower is None or upper is None:
        return text
    return f"{text} ({lower:+.1f} to {upper:+.1f})"


@chart(
    id="exploratory.seasonal_decomposition",
    order=120,
    model="analytics_seasonal_patterns",
    title="Trend, week, year and what is left",
    unit="the series' own unit on top, else index (100 = no effect)",
    reading=(
        "From top to bottom: each day with the trend, the season of the year, what no part "
        "explains (diamonds are bank holidays, with their effect), and the mean effect of each "
        "weekday. Observed = trend x year x week x holiday x rest; 120 is a fifth more."
    ),
    needs=(
        "series_name",
        "series_label",
        "series_unit",
        "observation_date",
        "observed_value",
        "trend_value",
        "weekly_index",
        "yearly_index",
        "holiday_index",
        "remainder_index",
        "is_bank_holiday",
    ),
    measures=("trend_value",),
    span="full",
    rows="last",
    metrics=("customers_moving_money",),
)
def seasonal_decomposition(frame: pd.DataFrame) -> go.Figure:
    """Observed with trend, yearly index, remainder with holidays, and the week as bars."""
    rows = _chosen(frame)
    if rows is None:
        return theme.empty_figure("no series has a known trend")
    label = str(rows["series_label"].fillna(rows["series_name"]).iloc[0])
    unit = str(rows["series_unit"].fillna("").iloc[0])
    has_year = bool(rows["yearly_index"].notna().any())
    has_week = bool(rows["weekly_index"].notna().any())
    figure = go.Figure()
    figure.add_trace(_line(rows, "observed_value", "Day", "grey", 1))
    figure.add_trace(_line(rows, "trend_value", "Trend", "blue", 1))
    panels = [f"<b>{label}</b> and trend ({unit}); {_strength(rows, 'trend')}"]
    if has_year:
        figure.add_trace(_line(rows, "yearly_index", "Year", "green", 2))
        panels.append(f"<b>Year</b>; {_strength(rows, 'yearly')}")
    else:
        panels.append("<b>Year</b>: not to be told from less than two years")
    figure.add_trace(_line(rows, "remainder_index", "Rest", "grey", 3))
    holidays = rows[rows["is_bank_holiday"].fillna(False).astype(bool)]
    holidays = known(holidays, "holiday_index")
    figure.add_trace(_holidays(holidays))
    panels.append(f"<b>Rest</b>; {_holiday_words(rows)}")
    week = (
        rows.assign(day=rows["observation_date"].dt.weekday).groupby("day")["weekly_index"].mean()
    )
    if has_week:
        figure.add_trace(
            go.Bar(
                x=[DAYS[int(day)] for day in week.index],
                y=[float(value) - 100 for value in week],
                base=100,
                marker=theme.bar_style(0),
                customdata=[float(value) for value in week],
                name="Week",
                xaxis="x2",
                yaxis="y4",
                showlegend=False,
                hovertemplate="%{x}: %{customdata:.1f}<extra>Week</extra>",
            )
        )
        panels.append(f"<b>Week</b>; {_strength(rows, 'weekly')}")
    else:
        panels.append("<b>Week</b>: not known")
    _lay_out(figure, rows, panels, has_year, week if has_week else None, holidays)
    return theme.finish(
        figure,
        finding=_finding(rows, label, week if has_week else None),
        height=760,
        note=_others(frame, rows),
        compact={
            "layout": {"height": 720, "annotations": _titles(panels, phone=True)},
        },
    )


def _holidays(holidays: pd.DataFrame) -> go.Scatter:
    names = holidays["holiday_name"] if "holiday_name" in holidays else pd.Series(dtype="object")
    names = names.reindex(holidays.index).fillna("bank holiday")
    return go.Scatter(
        x=holidays["observation_date"],
        y=holidays["holiday_index"].tolist(),
        mode="markers",
        name="Bank holiday",
        marker={"symbol": "diamond", "size": 8, "color": theme.LIGHT["orange"]},
        customdata=names.tolist(),
        xaxis="x",
        yaxis="y3",
        showlegend=True,
        hovertemplate="%{customdata}, %{x|%d %b %Y}<br>effect %{y:.0f}<extra></extra>",
    )


# Lower and upper end of the four panels, from the top.
DOMAINS = ((0.70, 0.96), (0.50, 0.64), (0.28, 0.44), (0.0, 0.17))


def _titles(panels: list[str], *, phone: bool = False) -> list[dict[str, Any]]:
    return [
        {
            "text": text.replace("; ", "<br>", 1) if phone else text,
            "x": 0,
            "y": DOMAINS[k][1],
            "xref": "paper",
            "yref": "paper",
            "xanchor": "left",
            "yanchor": "bottom",
            "align": "left",
            "showarrow": False,
            "font": {"size": 10 if phone else 12, "color": theme.LIGHT["text"]},
        }
        for k, text in enumerate(panels)
    ]


def _lay_out(
    figure: go.Figure,
    rows: pd.DataFrame,
    panels: list[str],
    has_year: bool,
    week: pd.Series | None,
    holidays: pd.DataFrame,
) -> None:
    """Place the panels below each other; the three dated ones share their x axis."""
    index_axis: dict[str, Any] = {"nticks": 5, "anchor": "x"}
    days = rows["observation_date"]
    layout: dict[str, Any] = {
        "yaxis": {
            "domain": DOMAINS[0],
            "range": [0, max(view(rows["observed_value"])[1], float(rows["trend_value"].max()))],
            "nticks": 5,
            "tickformat": ",.4~s",
        },
        "yaxis2": {"domain": DOMAINS[1], **index_axis, "visible": has_year},
        "yaxis3": {
            "domain": DOMAINS[2],
            **index_axis,
            "range": view(pd.concat([rows["remainder_index"], holidays["holiday_index"]])),
        },
        "xaxis": {"type": "date", "anchor": "y3", "range": [days.min(), days.max()]},
        "annotations": _titles(panels),
        "margin": {"t": 30},
        "legend": {"x": 1, "xanchor": "right", "y": 1.0},
        "showlegend": True,
    }
    if week is not None:
        days_known = [DAYS[int(day)] for day in week.index]
        layout["xaxis2"] = {
            "anchor": "y4",
            "type": "category",
            "tickvals": days_known,
            "ticktext": [
                f"{day}<br>{value:.0f}" for day, value in zip(days_known, week, strict=True)
            ],
        }
        layout["yaxis4"] = {"domain": DOMAINS[3], "anchor": "x2", "nticks": 4}
    figure.update_layout(layout)


def view(values: pd.Series) -> list[float]:
    """Return the range to draw: all values, but for a hundredth that would flatten the rest.

    Where the 0.5 and 99.5 % quantiles, widened by half their distance, hold less than a third
    of the whole range, the axis ends there.
    """
    known_values = values.dropna()
    lowest, highest = float(known_values.min()), float(known_values.max())
    low, high = (float(known_values.quantile(share)) for share in (0.005, 0.995))
    room = 0.5 * (high - low)
    if 0 < 3 * (high - low + 2 * room) < highest - lowest:
        return [max(lowest, low - room), min(highest, high + room)]
    margin = 0.05 * (highest - lowest) or 1.0
    return [lowest - margin, highest + margin]


def _cut_words(rows: pd.DataFrame) -> str:
    """Return the note that says how many days lie above the top panel, or an empty text."""
    cut = int((rows["observed_value"] > view(rows["observed_value"])[1]).sum())
    if not cut:
        return ""
    top = theme.money(float(rows["observed_value"].max()))
    return f"{cut} {'day lies' if cut == 1 else 'days lie'} above the drawn range, up to {top}."


def _amount(value: float) -> str:
    return theme.money(value) if value >= 1e4 else theme.decimal(value, 0 if value >= 100 else 1)


def _finding(rows: pd.DataFrame, label: str, week: pd.Series | None) -> str:
    trend = known(rows, "trend_value")
    first, last = trend.iloc[0], trend.iloc[-1]
    text = f"{label}: the trend goes from {_amount(first['trend_value'])} to "
    text += f"{_amount(last['trend_value'])} a day"
    if week is not None:
        best, least = (int(week.index[int(pick(week))]) for pick in (np.argmax, np.argmin))
        text += (
            f"; the week runs from {week[least]:.0f} ({DAYS[least]}) to {week[best]:.0f} "
            f"({DAYS[best]})"
        )
    return f"{text}; {_holiday_words(rows)}."


def _p_words(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def _others(frame: pd.DataFrame, rows: pd.DataFrame) -> str:
    others = frame.loc[frame["series_name"] != rows["series_name"].iloc[0], "series_name"].nunique()
    notes = [f"The model has {others} more series."] if others else []
    notes += [words for words in [_cut_words(rows)] if words]
    weekly, yearly = (scalar(rows, f"{part}_strength_p_value") for part in ("weekly", "yearly"))
    if weekly is not None:
        notes.append(f"That weekdays make no difference has p {_p_words(weekly)}.")
    if yearly is not None:
        notes.append(f"That the season makes none has p {_p_words(yearly)}.")
    return " ".join(notes)
