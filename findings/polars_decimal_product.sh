#!/bin/sh
# polars 2.1.0: the product of two decimals has the decimals of its operands in the expression API (0.05 x 0.05 = 0.00)
# and the sum of their decimals in SQL (0.0025). Same frame, same columns, no warning.
# Ends in 0 while polars behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'polars==2.1.0'
"$dir/venv/bin/python" - <<'PY'
from decimal import Decimal

import polars as pl

loans = pl.DataFrame(
    {"balance": [Decimal("99.99"), Decimal("0.05")], "rate": [Decimal("0.05"), Decimal("0.05")]}
)
product = pl.col("balance") * pl.col("rate")
expression = loans.select(interest=product)["interest"]
sql = pl.SQLContext(loans=loans).execute("select balance * rate as interest from loans").collect()
print("polars", pl.__version__)
print("expression:", expression.dtype, expression.to_list())
print("SQL:       ", sql["interest"].dtype, sql["interest"].to_list())
assert expression.to_list() == [Decimal("5.00"), Decimal("0.00")], "changed: the expression API"
assert sql["interest"].to_list() == [Decimal("4.9995"), Decimal("0.0025")], "changed: SQL"
PY
