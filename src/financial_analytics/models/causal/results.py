"""Columns that the results of category 07 share, the verdict on a design, and how rows are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.columns import with_bounds
from financial_analytics.models.frames import too_little
from financial_analytics.models.inferential.results import finished, picked, schema
from financial_analytics.stats.causal.effect import CausalEffect, power_of
from financial_analytics.stats.experiments import minimum_detectable

SUPPORTED, REFUTED, UNIDENTIFIED = "supported", "refuted_by_diagnostic", "not_identified"
SUSPECT = 0.01
"""A diagnostic whose p-value is smaller speaks against its design: several are looked at."""
POWER = 0.8


def result_schema(*diagnostics: str, texts: tuple[str, ...] = ()) -> pa.Schema:
    """Return the schema of a result with these further columns of type double, and of text."""
    return schema(
        texts=(
            *("effect_level", "outcome_name", "outcome_label", "group_name"),
            *texts,
            "design_name",
            *("estimand", "assumption"),
        ),
        wholes=("point_number",),
        longs=("sample_count", "treatment_count", "control_count"),
        doubles=(
            "point_value",
            *with_bounds("estimate"),
            *("standard_error", "p_value", "adjusted_p_value", "benchmark_value"),
            *("minimum_detectable_value", "relevant_value", "power_rate"),
            *diagnostics,
        ),
        dates=("period_start_date", "period_end_date"),
        after=("failed_diagnostic", "verdict"),
    )


def no_design(
    schema: pa.Schema, as_of: Any, outcome: str, *, group: str = "All", failed: str | None = None
) -> pa.Table:
    """Return the result of a bank in which there is nothing to compare: one effect, unidentified.

    Parameters
    ----------
    schema : pyarrow.Schema
        That of the result.
    as_of : date or None
        The data clock; without one there is no row.
    outcome, group : str
        Keys of the row.
    failed : str, optional
        What there is too little of, in words.
    """
    return too_little(
        schema, as_of, effect_level="effect", outcome_name=outcome, group_name=group,
        point_number=0, failed_diagnostic=failed, verdict=UNIDENTIFIED,
    )  # fmt: skip


def judged(found: CausalEffect, failures: Mapping[str, bool]) -> tuple[str, str | None]:
    """Return the verdict on a design and the diagnostics that failed, in words.

    Examples
    --------
    >>> judged(CausalEffect(1.0, 0.5, 1.5), {"density jumps": False})
    ('supported', None)
    >>> judged(CausalEffect(1.0, 0.5, 1.5), {"density jumps": True})
    ('refuted_by_diagnostic', 'density jumps')
    """
    failed = ", ".join(name for name, is_failed in failures.items() if is_failed)
    if failed:
        return REFUTED, failed
    return (SUPPORTED, None) if np.isfinite(found.lower) else (UNIDENTIFIED, None)


def effect_row(
    found: CausalEffect,
    failures: Mapping[str, bool],
    *,
    relevant: float | None = None,
    confidence: float = 0.95,
    unidentified: str | None = None,
) -> dict[str, Any]:
    """Return the cells of an effect: withheld unless its design is supported.

    Parameters
    ----------
    found : CausalEffect
    failures : mapping of str to bool
        Diagnostic in words, and whether it speaks against the design.
    relevant : float, optional
        Size of effect that would matter, for the power at the observed size.
    confidence : float, default 0.95
    unidentified : str, optional
        Why there is no estimate, where that is known.
    """
    verdict, failed = judged(found, failures)
    is_shown = verdict == SUPPORTED
    error = found.standard_error
    values = (found.estimate, found.lower, found.upper, found.p_value)
    names = (*with_bounds("estimate"), "p_value")
    return {
        **dict(zip(names, values if is_shown else (np.nan,) * 4, strict=True)),
        "standard_error": error if is_shown else np.nan,
        "sample_count": found.n,
        "treatment_count": found.treated,
        "control_count": found.control,
        "minimum_detectable_value": minimum_detectable(error, confidence=confidence, power=POWER)
        if np.isfinite(error)
        else np.nan,
        "relevant_value": np.nan if relevant is None else relevant,
        "power_rate": np.nan
        if relevant is None
        else power_of(relevant, error, confidence=confidence),
        "failed_diagnostic": failed or (unidentified if verdict == UNIDENTIFIED else None),
        "verdict": verdict,
        "status": "insufficient_data" if verdict == UNIDENTIFIED else "ok",
    }


def result_frame(
    rows: Sequence[Mapping[str, Any]], wanted: pa.Schema, confidence: float, as_of: Any = None
) -> pd.DataFrame:
    """Return rows as a frame with the columns of `wanted`; points count from 0 where not given."""
    made = finished(pd.DataFrame(list(rows)), wanted, confidence, as_of)
    made["point_number"] = made["point_number"].fillna(0).astype(int)
    for name, word in (("effect_level", "effect"), ("group_name", "All"), ("status", "ok")):
        made[name] = made[name].fillna(word)
    return picked(made, wanted.names)


def with_period(made: pd.DataFrame, days: pd.Series) -> pd.DataFrame:
    """Return rows with the first and the last of these days."""
    known = pd.to_datetime(days).dropna()
    first, last = (None, None) if known.empty else (known.min().date(), known.max().date())
    return made.assign(period_start_date=first, period_end_date=last)


def stated(made: pd.DataFrame, estimand: str, assumption: str) -> pd.DataFrame:
    """Return rows whose effects say what is estimated and what must hold."""
    rows = made.astype({"estimand": object, "assumption": object})
    is_effect = rows["effect_level"] == "effect"
    rows.loc[is_effect, ["estimand", "assumption"]] = [estimand, assumption]
    return rows
