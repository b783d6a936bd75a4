"""A synthetic bank: 22 feeds, and a ledger of the truths planted in them."""

from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.generate import GenerateReport, generate
from financial_analytics.synthetic.load import load_config
from financial_analytics.synthetic.presets import transactions_each

__all__ = ["BankConfig", "GenerateReport", "generate", "load_config", "transactions_each"]
