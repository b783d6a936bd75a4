"""What is true of each application and each loan."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.frame import NULL
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.truth.columns import Write, dates


def write_lending(world: World, block: Block, write: Write) -> None:
    """Write ``latent_credit_applications`` and ``latent_loans``."""
    people = block.people
    made, keep = block.made, block.made_kept
    effect = world.config.credit
    write("credit_applications", pa.table({
        "application_id": people.ids[made.customer[keep]] * 10 + made.kind[keep],
        "is_approved": made.approved[keep],
        "added_spend_per_month": np.full(len(keep), effect.spend_effect),
        "added_balance": np.full(len(keep), effect.balance_effect),
    }))  # fmt: skip
    loans = block.loans
    live = loans.due != NULL
    write("loans", pa.table({
        "account_id": people.ids[loans.customer] * 10 + 3,
        "score": loans.score,
        "debt_to_income": loans.dti,
        "utilisation": loans.utilisation,
        "rate": loans.rate,
        "term_months": loans.term,
        "principal_cents": loans.principal,
        "mean_default_hazard": np.where(live, loans.default_hazard, 0).sum(axis=1)
        / np.maximum(live.sum(axis=1), 1),
        "default_date": dates(
            np.where(
                loans.default_month >= 0,
                loans.due[np.arange(len(loans.due)), loans.default_month],
                NULL,
            )
        ),
        "exposure_cents": loans.exposure,
        "loss_given_default": loans.loss_share,
        "recovered_cents": loans.recovered,
    }))  # fmt: skip
