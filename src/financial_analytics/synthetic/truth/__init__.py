"""The ledger of truths: parameters, and what nobody outside the simulation can see.

A file per subject: each writes its ``latent_`` tables of a block.
"""

from __future__ import annotations

from financial_analytics.synthetic.frame import Ints
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.truth.campaigns import write_campaigns
from financial_analytics.synthetic.truth.cards import write_cards
from financial_analytics.synthetic.truth.columns import Write
from financial_analytics.synthetic.truth.customers import write_customers
from financial_analytics.synthetic.truth.daily import Totals, write_daily
from financial_analytics.synthetic.truth.fraud import write_fraud
from financial_analytics.synthetic.truth.lending import write_lending
from financial_analytics.synthetic.truth.loan_months import write_loan_months
from financial_analytics.synthetic.truth.parameters import parameters, write_parameters
from financial_analytics.synthetic.truth.visits import write_visits

__all__ = ["Totals", "block_truth", "parameters", "write_parameters"]


def block_truth(world: World, block: Block, ids: Ints, label: Ints, write: Write) -> None:
    """Write the latent quantities of one block."""
    write_customers(world, block, write)
    write_campaigns(block, write)
    write_lending(world, block, write)
    write_loan_months(world, block, write)
    write_cards(world, block, write)
    write_fraud(block, ids, label, write)
    write_daily(world, block, write)
    write_visits(world, block, write)
