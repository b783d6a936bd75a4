#!/bin/sh
# chdb 4.4.0 (ClickHouse 26.9): text, CSV cells and literals with more decimals than Decimal(18, 2) has are cut, not rounded and
# not refused (1.009 is 1.00); and a literal is a binary double first, so that 0.29 and 0.57 lose a cent: 0.28, 0.56.
# round() of the same engine rounds half away from zero for decimals (2.675 is 2.68).
# Ends in 0 while chdb behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'chdb==4.4.0'
"$dir/venv/bin/python" - <<'PY'
import chdb

QUERIES = {
    "select cast(0.29 as Decimal(18, 2)), cast(0.57 as Decimal(18, 2))": "0.28,0.56",
    "select toDecimal64('0.29', 2), toDecimal64('1.009', 2)": "0.29,1",
    "select amount from format(CSV, 'amount Decimal(18, 2)', '1.009')": "1",
    "select round(toDecimal64('2.675', 3), 2)": "2.68",
}
for query, expected in QUERIES.items():
    got = str(chdb.query(query)).strip()
    print(f"{query} -> {got}")
    assert got == expected, f"changed: {expected} before"
PY
