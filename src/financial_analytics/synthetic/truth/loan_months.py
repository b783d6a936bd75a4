"""What is true of each loan and month: hazards, as they are and as far as they can be known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.frame import NULL
from financial_analytics.synthetic.loan_risk import (
    chance,
    default_within,
    published_unemployment,
)
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.truth.columns import Write, dates


def write_loan_months(world: World, block: Block, write: Write) -> None:
    """Write ``latent_loan_months``: a row per loan and instalment while it may still default.

    Chances are those of the month's instalment, the loan not being in default before.
    *Filtered* is what the true parameters and all feeds up to the end of the month before
    give: unemployment is published with a delay, everything else of the hazard is seen.
    ``default_probability_12m`` is of the next 12 instalments, of a customer who stays, at
    the month's unemployment (filtered: at the last published) and autopay.
    """
    config, loans = world.config, block.loans
    effect = config.loans
    grid = np.arange(loans.due.shape[1])
    last = np.where(loans.default_month < 0, len(grid), loans.default_month)
    due = (loans.due != NULL) & (loans.due <= world.calendar.last)
    row, month = np.nonzero(due & (grid <= last[:, None]))
    late = loans.was_late[row, month]
    manual, autopay = loans.late_chance[:, row]
    slips = np.where(loans.autopay[row, month], autopay, manual)
    left = loans.term[row] - loans.number[row, month] + 1
    columns = {}
    for suffix, unemployment in (
        ("", world.market.unemployment),
        ("_filtered", published_unemployment(world.calendar, world.market)),
    ):
        eta = loans.log_hazard[row] + effect.unemployment_effect * (unemployment[month] - 4.0)
        on_time, after_late = chance(eta), chance(eta + effect.late_effect)
        columns[f"default_hazard{suffix}"] = np.where(late, after_late, on_time)
        columns[f"default_probability_12m{suffix}"] = default_within(
            on_time, after_late, slips, effect.prepay_rate, left, late
        )
    write("loan_months", pa.table({
        "account_id": block.people.ids[loans.customer[row]] * 10 + 3,
        "customer_id": block.people.ids[loans.customer[row]],
        "due_date": dates(loans.due[row, month]),
        "instalment": loans.number[row, month],
        **columns,
        "was_late": late,
        "is_autopay": loans.autopay[row, month],
        "late_hazard": slips,
        "late_hazard_with_autopay": autopay,
        "late_hazard_without_autopay": manual,
        "prepay_hazard": np.full(len(row), effect.prepay_rate),
        "defaults": loans.default_month[row] == month,
    }))  # fmt: skip
