#!/bin/sh
# pantab 5.3.0 (bank amounts into Tableau's Hyper): an Arrow decimal between -0.1 and 0, such as a fee of -0.05 in decimal128(18, 2), ends the
# write with "RuntimeError: invalid number format: invalid character in numeric string", and no file holds the other rows; the
# sign is counted as a digit when zeros are put behind the point. 0.05, -0.50 and -1.05 are written and read back exactly, and so
# is -0.05 as a double.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pantab==5.3.0' 'pyarrow==26.0.1'
cd "$dir"
"$dir/venv/bin/python" - <<'PY'
from decimal import Decimal

import pantab
import pyarrow as pa


def back(amount: object, kind: pa.DataType) -> object:
    pantab.frame_to_hyper(pa.table({"amount": pa.array([amount], kind)}), "x.hyper", table="x")
    return pantab.frame_from_hyper("x.hyper", table="x", return_type="pyarrow")["amount"][0].as_py()


money = pa.decimal128(18, 2)
for text in ("0.05", "-0.50", "-1.05", "-123456.78"):
    assert back(Decimal(text), money) == Decimal(text)
    print(text, "is written")
assert back(-0.05, pa.float64()) == -0.05
for kind, text in ((money, "-0.05"), (money, "-0.01"), (pa.decimal128(18, 4), "-0.0500")):
    try:
        found = back(Decimal(text), kind)
    except RuntimeError as error:
        print(text, kind, "RuntimeError:", str(error).splitlines()[0])
        assert "invalid number format" in str(error)
    else:
        raise SystemExit(f"{text} is written as {found}")
PY
