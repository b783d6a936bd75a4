"""Frames of category 07 with known numbers: what each design found, and the points it draws."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from tests.support.frames.shared import AS_OF

FIRST, LAST = dt.date(2023, 7, 2), dt.date(2023, 12, 18)


def effect_cells(
    estimate: float, half: float, *, sample: int = 400, verdict: str = "supported"
) -> dict[str, Any]:
    """Return the cells of an effect row."""
    error = half / 2
    return {
        "effect_level": "effect",
        "group_name": "All",
        "estimand": "What it adds",
        "assumption": "Nothing else does.",
        "point_number": 0,
        "sample_count": sample,
        "treatment_count": sample // 2,
        "control_count": sample - sample // 2,
        "estimate": estimate,
        "estimate_lower": estimate - half,
        "estimate_upper": estimate + half,
        "standard_error": error,
        "p_value": 0.001 if abs(estimate) > half else 0.4,
        "minimum_detectable_value": 2.8 * error,
        "relevant_value": 1.0,
        "power_rate": 0.8,
        "failed_diagnostic": None,
        "verdict": verdict,
    }


def refuted(frame: pd.DataFrame, why: str) -> pd.DataFrame:
    """Return a frame whose effects are withheld because a diagnostic failed."""
    made = frame.astype({"failed_diagnostic": object})
    rows = made["effect_level"] == "effect"
    cells = ["estimate", "estimate_lower", "estimate_upper", "standard_error", "p_value"]
    made.loc[rows, cells] = float("nan")
    ratios = [name for name in made.columns if name.startswith("hazard_ratio")]
    made.loc[rows, ratios] = float("nan")
    made.loc[rows, "verdict"] = "refuted_by_diagnostic"
    made.loc[rows, "failed_diagnostic"] = why
    return made


def as_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows with what all of them share."""
    shared = {
        "period_start_date": FIRST, "period_end_date": LAST, "coverage_pct": 95.0,
        "status": "ok", "as_of_date": AS_OF,
    }  # fmt: skip
    return pd.DataFrame([row | shared for row in rows])


def credit_score_impact_analysis() -> pd.DataFrame:
    tests = {
        "cutoff_value": 660.0, "bandwidth_value": 50.0, "bias_bandwidth_value": 80.0,
        "first_stage_rate": 0.93, "first_stage_statistic": 405.0, "density_p_value": 0.47,
        "placebo_p_value": 0.82, "balance_p_value": 0.23,
    }  # fmt: skip
    spend = {"outcome_name": "spend_amount", "outcome_label": "Purchases a month"}
    deposit = {"outcome_name": "deposit_amount", "outcome_label": "Paid into all accounts"}
    rows = [
        spend | effect_cells(57.0, 19.0) | tests | {"relevant_value": 60.0, "power_rate": 0.99},
        deposit
        | effect_cells(300.0, 700.0)
        | tests
        | {"relevant_value": 600.0, "power_rate": 0.38},
    ]
    for number in range(-8, 8):
        score = 660.0 + 10 * number + 5
        level = 120 + 0.4 * (score - 660) + (53 if number >= 0 else 0)
        rows.append(
            spend
            | {
                "effect_level": "point", "group_name": "All", "point_number": number,
                "point_value": score, "estimate": level + 4 * (number % 3 - 1),
                "benchmark_value": level if -5 <= number < 5 else None, "sample_count": 40,
                "cutoff_value": 660.0,
            }
        )  # fmt: skip
    return as_frame(rows)


def payment_timeliness_impact() -> pd.DataFrame:
    tests = {
        "event_count": 393.0, "proportionality_p_value": 0.36, "placebo_p_value": 0.37,
        "e_value_index": 4.8, "e_value_bound_index": 3.75,
    }  # fmt: skip
    late = {"outcome_name": "is_late", "outcome_label": "Late instalments"}
    early = {"outcome_name": "is_prepaid", "outcome_label": "Loans paid off early"}
    ratios = ("hazard_ratio", "hazard_ratio_lower", "hazard_ratio_upper")
    rows = [
        late
        | effect_cells(-0.98, 0.21, sample=10_730)
        | tests
        | dict(zip(ratios, (0.375, 0.304, 0.462), strict=True)),
        early
        | effect_cells(0.2, 0.52, sample=10_730)
        | tests
        | dict(zip(ratios, (1.22, 0.73, 2.06), strict=True)),
    ]
    for name, rate in (("Without autopay", 0.065), ("On autopay", 0.022)):
        for month in range(1, 25):
            rows.append(
                late
                | {
                    "effect_level": "point", "group_name": name, "point_number": month - 1,
                    "point_value": float(month), "estimate": rate * month,
                    "estimate_lower": 0.8 * rate * month, "estimate_upper": 1.25 * rate * month,
                    "sample_count": 150,
                }
            )  # fmt: skip
    return as_frame(rows)


def product_adoption_impact() -> pd.DataFrame:
    outcome = {"outcome_name": "outcome_count", "outcome_label": "Purchases in half a year"}
    tests = {
        "benchmark_value": 0.279, "overlap_rate": 1.0, "effective_control_count": 11_353.0,
        "imbalance_before_index": 0.53, "imbalance_after_index": 0.005, "placebo_value": -0.01,
        "placebo_p_value": 0.81, "e_value_index": 1.82, "e_value_bound_index": 1.6,
    }  # fmt: skip
    rows = [outcome | effect_cells(0.2, 0.08, sample=16_441) | tests]
    for name, shift in (("Adopters", 3), ("Not yet adopters", 0)):
        for place in range(20):
            rows.append(
                outcome
                | {
                    "effect_level": "point", "group_name": name, "point_number": place,
                    "point_value": 0.005 * place, "sample_count": 10,
                    "estimate": max(0.2 - abs(place - 4 - shift) / 30, 0.0),
                }
            )  # fmt: skip
    return as_frame(rows)


def channel_migration_impact() -> pd.DataFrame:
    tests = {"pretrend_p_value": 0.14, "cluster_count": 6.0, "cohort_count": 3.0}
    rows: list[dict[str, Any]] = []
    for name, label, size, half in (
        ("purchase_count", "Purchases per customer", 0.2, 0.05),
        ("contact_count", "Calls, messages and visits per customer", -0.3, 0.08),
    ):
        outcome = {"outcome_name": name, "outcome_label": label}
        counts = {"treatment_count": 5, "control_count": 1, "benchmark_value": 0.8 * size}
        rows.append(outcome | effect_cells(size, half, sample=6) | tests | counts)
        for month in range(-12, 13):
            value = size * (1 - 0.7 ** (month + 1)) if month >= 0 else 0.01 * (month % 3 - 2)
            rows.append(
                outcome
                | {
                    "effect_level": "event", "group_name": "All", "point_number": month,
                    "point_value": float(month), "estimate": value,
                    "estimate_lower": value - 2 * half, "estimate_upper": value + 2 * half,
                }
            )  # fmt: skip
    return as_frame(rows)


def interest_rate_behavior_impact() -> pd.DataFrame:
    tests = {
        "change_count": 4.0, "adjustment_rate": 0.25, "pretrend_p_value": 0.9,
        "placebo_value": 0.001, "placebo_p_value": 0.4, "autocorrelation_p_value": 0.7,
        "market_adjusted_value": 0.2, "market_p_value": 0.5, "benchmark_value": 0.15,
        "relevant_value": 0.05,
    }  # fmt: skip
    outcome = {"outcome_name": "mean_log_balance", "outcome_label": "Balance of an account"}
    rows: list[dict[str, Any]] = []
    for product, accounts, effect in (("Savings", 1385.0, 0.1), ("Money Market", 389.0, 0.2)):
        named = outcome | {"group_name": product}
        rows.append(
            effect_cells(effect, 0.01, sample=35)
            | named
            | tests
            | {"account_count": accounts, "long_run_value": 1.03 * effect}
        )
        for place, month in enumerate(range(-5, 7)):
            moved = effect * (1 - 0.75 ** (month + 1)) if month >= 0 else 0.0
            rows.append(
                named
                | {
                    "effect_level": "point", "point_number": place, "point_value": float(month),
                    "estimate": moved, "estimate_lower": moved - 0.01,
                    "estimate_upper": moved + 0.01, "sample_count": 30,
                }
            )  # fmt: skip
    return as_frame(rows)


def campaign_causal_impact() -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for number in range(1, 9):
        held = number <= 6
        design = {
            "design_name": "randomised_holdout" if held else "doubly_robust_differences",
            "outcome_name": "is_converted" if held else "purchase_count",
            "outcome_label": "Conversions added per contact" if held else "Purchases added",
            "campaign_name": f"All Email {number:03d}", "channel": "Email",
            "balance_p_value": 0.4 if held else None, "placebo_p_value": None if held else 0.3,
            "sample_ratio_p_value": 0.5 if held else None,
            "overlap_rate": None if held else 1.0, "imbalance_after_index": None if held else 0.02,
        }  # fmt: skip
        half = 0.02 if held else 0.12
        cells = effect_cells(0.01 * (number - 2), half, sample=1200)
        cells |= {"group_name": str(number), "adjusted_p_value": 0.01 if number == 6 else 0.9}
        rows.append(design | cells)
    for name, outcome, half, size in (
        ("randomised_holdout", "is_converted", 0.005, 0.02),
        ("doubly_robust_differences", "purchase_count", 0.05, 0.03),
    ):
        cells = effect_cells(size, half, sample=9000) | {"effect_level": "total"}
        shared = {"design_name": name, "outcome_name": outcome, "group_name": "All campaigns"}
        rows.append(cells | shared)
    for number in range(-8, 5):
        value = 0.02 if number == 0 else 0.003 * (number % 3 - 1)
        rows.append({
            "effect_level": "event", "point_number": number, "estimate": value,
            "estimate_lower": value - 0.016, "estimate_upper": value + 0.016,
            "design_name": "doubly_robust_differences", "outcome_name": "purchase_count",
            "group_name": "All campaigns",
        })  # fmt: skip
    return as_frame(rows)


def branch_proximity_impact() -> pd.DataFrame:
    tests = {
        "event_count": 14.0, "changed_customer_count": 675.0, "placebo_value": 0.1,
        "placebo_p_value": 0.4, "symmetry_p_value": 0.6, "benchmark_value": -0.9,
        "relevant_value": 0.5, "power_rate": 0.62,
    }  # fmt: skip
    rows: list[dict[str, Any]] = []
    for name, label, sizes, half in (
        ("visit_count", "Visits to a branch", (-0.5, -1.2), 0.3),
        ("leaver_count", "Leaving the bank", (0.0, 0.3), 0.8),
    ):
        for band, size in zip(("middle", "far"), sizes, strict=True):
            named = {"outcome_name": name, "outcome_label": label, "group_name": band}
            rows.append(effect_cells(size, half, sample=4106) | named | tests)
            for place in range(-4, 4):
                moved = size if place >= 0 else 0.05 * place
                rows.append(
                    named
                    | {
                        "effect_level": "point", "point_number": place + 4,
                        "point_value": 3.0 * place + 1, "estimate": moved,
                        "estimate_lower": moved - half, "estimate_upper": moved + half,
                        "sample_count": 250,
                    }
                )  # fmt: skip
    return as_frame(rows)
