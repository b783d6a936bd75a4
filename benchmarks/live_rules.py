"""How well do the fraud rules of the live page find what is planted? Recall and precision by rule.

    .venv/bin/python benchmarks/live_rules.py [--customers 4000]

Builds a synthetic bank up to the rules, lets them look at its whole history instead of the last
two days, and compares what they fire on with the typologies of ``truth/latent_fraud``.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from datetime import datetime
from pathlib import Path

import duckdb

from financial_analytics.build import BuildOptions, build
from financial_analytics.ingest import ingest
from financial_analytics.settings import Settings, find_project_dir
from financial_analytics.synthetic import generate, load_config

RELATION = "gold_intermediate.int_realtime_transactions"
PLANTED = {"card_testing": "card_testing", "impossible_travel": "impossible_travel"}
_QUERY = """
select
    count(*) filter (where t.typology = $2),
    count(*) filter (where t.typology = $2 and r.transaction_id is not null),
    count(distinct r.transaction_id),
    count(distinct r.transaction_id) filter (where t.typology is not null)
from read_parquet($1) as t
full join (
    select transaction_id from gold_intermediate.int_realtime_rules where rule_name = $3
) as r on t.transaction_id = r.transaction_id
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=4000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="live-rules-") as name:
        folder = Path(name)
        settings = Settings(find_project_dir(), folder / "data", folder / "reports")
        bank = load_config(customers=given.customers, transactions=50 * given.customers)
        generate(bank, folder / "feeds")
        moment = datetime.fromisoformat(bank.end.isoformat())
        ingest([folder / "feeds" / "full"], settings=settings,
               loaded_at=moment, extracted_at=moment)  # fmt: skip
        build(settings, BuildOptions(select=("+int_realtime_rules",), command="run"))
        truth = str(folder / "feeds" / "truth" / "latent_fraud.parquet")
        compiled = next((folder / "data").rglob("compiled/**/int_realtime_transactions.sql"))
        query = re.sub(r"interval \(?-?\d+\)? \w+|interval '-?\d+' \w+", "interval '99' year",
                       compiled.read_text(encoding="utf-8"))  # fmt: skip
        with duckdb.connect(str(settings.warehouse_path)) as connection:
            connection.execute(f"create or replace table {RELATION} as {query}")
            for rule, typology in PLANTED.items():
                planted, found, fired, right = connection.execute(
                    _QUERY, [truth, typology, rule]
                ).fetchall()[0]
                recall, precision = found / planted, right / fired
                print(f"{rule}: {found} of {planted} planted found, recall {recall:.3f}")
                print(f"{rule}: {right} of {fired} alerts frauds, precision {precision:.3f}")


if __name__ == "__main__":
    main()
