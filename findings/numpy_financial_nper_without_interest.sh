#!/bin/sh
# numpy-financial 1.0.0: how many payments of 100 repay 1,000? At 0.0001 % a period nper says 10.0; without interest it says -10.0,
# and with 200 still owed at the end -12.0 instead of 8.0: a rate of zero takes a branch of its own.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'numpy-financial==1.0.0' 'numpy<3'
"$dir/venv/bin/python" -W ignore - <<'PY'
import numpy_financial as npf

near, zero = float(npf.nper(1e-6, -100, 1000)), float(npf.nper(0, -100, 1000))
print("near zero", near, "zero", zero)
assert abs(near - 10) < 1e-4
assert zero == -10.0, "changed: a scalar rate of zero"
kept = float(npf.nper(0, -100, 1000, fv=-200)), float(npf.nper(1e-6, -100, 1000, fv=-200))
print("with 200 left over", kept)
assert abs(kept[1] - 8) < 1e-3
assert abs(kept[0] - 8) > 1, "changed: with something left at the end"
PY
