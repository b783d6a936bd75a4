"""What is true of each card."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.catalog import CARD
from financial_analytics.synthetic.frame import NULL
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.truth.columns import Write, dates


def write_cards(world: World, block: Block, write: Write) -> None:
    """Write ``latent_cards``: a row per card ever open.

    ``default_probability_12m`` is that of twelve months like the window's last, of a card that
    is not in default; ``habit_cents`` what is revolved under the limit held then.
    """
    calendar, cards, accounts = world.calendar, block.cards, block.accounts
    row = np.flatnonzero(accounts.exists[:, CARD] & (accounts.opened[:, CARD] <= calendar.last))
    last = int(calendar.month_of_day[calendar.last - calendar.first])
    defaulted = np.where(cards.default_day <= calendar.last, cards.default_day, NULL)[row]
    charged = np.where(cards.charge_off_day <= calendar.last, cards.charge_off_day, NULL)[row]
    hazard = cards.hazard[row, last]
    write("cards", pa.table({
        "account_id": block.people.ids[row] * 10 + CARD,
        "customer_id": block.people.ids[row],
        "utilisation": block.utilisation[row],
        "first_limit_cents": accounts.limit[row, CARD],
        "limit_cents": cards.limit[row, last],
        "habit_cents": cards.habit[row, last],
        "default_date": dates(defaulted),
        "charge_off_date": dates(np.where(defaulted == NULL, NULL, charged)),
        "default_hazard": hazard,
        "mean_default_hazard": cards.hazard[row, : last + 1].sum(axis=1)
        / np.maximum((cards.hazard[row, : last + 1] > 0).sum(axis=1), 1),
        "default_probability_12m": -np.expm1(12 * np.log1p(-hazard)),
        "loss_given_default": cards.loss_share[row],
    }))  # fmt: skip
