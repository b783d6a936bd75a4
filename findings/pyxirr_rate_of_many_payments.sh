#!/bin/sh
# pyxirr 0.10.8, numpy-financial 1.0.0: the rate of 30,000 repaid in 1,825 daily payments of 25 exists (0.0497 % a day) and is not
# found: pyxirr answers None, numpy-financial NaN, no error. Their default first guess, 10 % a period, is too far away; with
# guess=0.001 both find it. That guess in turn loses 360 monthly payments of 900 on 100,000, which the default
# finds. So no one guess serves both a daily and a monthly book.
# Ends in 0 while they behave so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'pyxirr==0.10.8' 'numpy-financial==1.0.0' 'numpy<3'
"$dir/venv/bin/python" -W ignore - <<'PY'
import math

import numpy_financial
import pyxirr


def left_over(rate, count, payment, loan):
    """Present value of the payments, less the loan."""
    return payment * (1 - (1 + rate) ** -count) / rate - loan


daily, monthly = (1825, 25, -30_000), (360, 900, -100_000)
found = pyxirr.rate(*daily, 0, guess=0.001)
print("daily", pyxirr.rate(*daily, 0), numpy_financial.rate(*daily, 0), "with a guess", found)
assert abs(left_over(found, 1825, 25, 30_000)) < 1e-6, "the rate exists"
assert abs(numpy_financial.rate(*daily, 0, guess=0.001) - found) < 1e-9
assert pyxirr.rate(*daily, 0) is None, "changed: pyxirr finds the daily rate"
assert math.isnan(numpy_financial.rate(*daily, 0)), "changed: numpy-financial finds it"

found = pyxirr.rate(*monthly, 0)
print("monthly", found, "with the other guess", pyxirr.rate(*monthly, 0, guess=0.001))
assert abs(left_over(found, 360, 900, 100_000)) < 1e-6, "the rate exists"
assert pyxirr.rate(*monthly, 0, guess=0.001) is None, "changed: pyxirr, monthly"
assert math.isnan(numpy_financial.rate(*monthly, 0, guess=0.001)), "changed: numpy-financial"
PY
