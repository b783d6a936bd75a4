#!/bin/sh
# quiffen 4.0.1: QIF has no field for its locale, and programs outside the US write 1.234,56 and 13/02/2024. The library drops the comma
# wherever it stands: -1.234,56 becomes -1.23456 (a thousandth, and five decimals of money), -12,50 becomes -1250. Days and months are
# told apart row by row: of 13/02/2024 and 05/02/2024 in one file the first is 13 February, the second 2 May; no error, no warning.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'quiffen==4.0.1'
"$dir/venv/bin/python" -W error - "$dir/statement.qif" <<'PY'
import sys
from decimal import Decimal
from pathlib import Path

from quiffen import Qif

path = Path(sys.argv[1])
rows = [("13/02/2024", "-1.234,56"), ("05/02/2024", "-12,50"), ("14/02/2024", "-7,00")]
path.write_text("!Type:Bank\n" + "".join(f"D{day}\nT{amount}\nPShop\n^\n" for day, amount in rows))
(account,) = Qif.parse(path).accounts.values()
(transactions,) = account.transactions.values()
read = [(f"{row.date:%Y-%m-%d}", row.amount) for row in transactions]
print(read)
assert sorted(read) == [
    ("2024-02-13", Decimal("-1.23456")), ("2024-02-14", Decimal("-700")),
    ("2024-05-02", Decimal("-1250")),
]  # fmt: skip
PY
