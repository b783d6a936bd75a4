#!/bin/sh
# pyarrow 26.0.1: the mean of a decimal column is rounded to the decimals of the column, in compute and in group_by, while the
# variance of the same column is a double. The mean of 10.00, 0.01 and 0.01 is 3.34 (3.34 x 3 = 10.02); the product of
# 0.01 and 0.02 is 0.00. No warning.
# Ends in 0 while pyarrow behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pyarrow==26.0.1'
"$dir/venv/bin/python" - <<'PY'
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc


def money(*amounts):
    return pa.array([Decimal(amount) for amount in amounts], pa.decimal128(18, 2))


fees = money("0.01", "0.02")
table = pa.table({"product": ["card", "card", "loan", "loan"], "fee": money("0.01", "0.02", "0.02", "0.03")})
grouped = table.group_by("product").aggregate([("fee", "mean")])["fee_mean"].to_pylist()
print("pyarrow", pa.__version__)
print("mean of 0.01, 0.02:", pc.mean(fees), pc.mean(fees).type, "by group:", grouped)
print("mean of 10.00, 0.01, 0.01:", pc.mean(money("10.00", "0.01", "0.01")))
print("product:", pc.product(fees), "variance:", pc.variance(fees), pc.variance(fees).type)
assert pc.mean(fees).as_py() == Decimal("0.02"), "changed: mean"
assert grouped == [Decimal("0.02"), Decimal("0.03")], "changed: mean of a group"
assert pc.mean(money("10.00", "0.01", "0.01")).as_py() == Decimal("3.34"), "changed: mean of three"
assert pc.product(fees).as_py() == Decimal("0.00"), "changed: product"
assert pc.variance(fees).type == pa.float64(), "changed: variance"
PY
