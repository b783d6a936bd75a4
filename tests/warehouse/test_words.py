"""Verdicts in other words: understood, or known to be unknown; never a precision of 0."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.lab import Lab
from tests.support.small_bank import feeds

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.settings import find_project_dir


def alert(alert_id: int, day: str, status: str) -> dict[str, object]:
    return {
        "alert_id": alert_id, "transaction_id": 2, "alert_date": f"{day} 08:00:00",
        "investigation_status": status, "updated_at": f"{day} 09:00:00",
    }  # fmt: skip


def test_precision_is_of_what_is_understood_or_unknown(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    alerts = [
        alert(1, "2024-01-21", "FRAUD"), alert(2, "2024-01-22", "false_positive"),
        alert(3, "2024-02-21", "Betrug"), alert(4, "2024-02-22", "Cleared"),
        alert(5, "2024-03-21", "Konfirmiert"), alert(5, "2024-03-22", "Confirmed"),
    ]  # fmt: skip
    lab.load({**feeds(), "fraud_alerts": alerts})
    lab.build("+analytics_fraud_summary")
    rows = lab.rows(
        "select year_month, confirmed_count, dismissed_count, undecidable_count, precision_pct,"
        " status from gold.analytics_fraud_summary where raised_count > 0 order by 1"
    )
    assert rows == [
        ("2024-01", 1, 1, 0, 50.0, "ok"),
        ("2024-02", 0, 1, 1, None, "insufficient_data"),
        ("2024-03", 1, 0, 0, 100.0, "ok"),
    ]


def test_models_and_contract_know_the_same_words() -> None:
    macro = (find_project_dir() / "macros/finance/words.sql").read_text(encoding="utf-8")
    known = re.findall(r"'([a-z ]+)'", macro.partition("not in")[2])
    column = load_contract()["fraud_alerts"].column("investigation_status")
    assert known == [word.lower() for word in column.words]
