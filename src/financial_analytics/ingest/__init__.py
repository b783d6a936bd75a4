"""The ingest room: feeds in, bronze and quarantine out, no row lost."""

from financial_analytics.ingest.contract import Column, Contract, Table
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.report import FileReport, IngestReport, Refused, as_text, render
from financial_analytics.ingest.run import Progress, ingest

__all__ = [
    "Column",
    "Contract",
    "FileReport",
    "IngestReport",
    "Progress",
    "Refused",
    "Table",
    "as_text",
    "ingest",
    "load_contract",
    "render",
]
