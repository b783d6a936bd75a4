#!/bin/sh
# mt-940 5.1.1: in field :61: of a SWIFT statement, RC takes a credit back (money out) and RD takes a debit back (money in). The
# library signs by the letter D alone: RC 50,00 is +50.00, like RD and C. The statement below goes from 1,000.00 to
# 900.00; the amounts that the library gives add up to no change at all.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'mt-940==5.1.1'
"$dir/venv/bin/python" - <<'PY'
from decimal import Decimal

import mt940

STATEMENT = """:20:STATEMENT
:25:12345678/1234567890
:28C:1/1
:60F:C240101EUR1000,00
:61:2401020102D100,00NTRFNONREF
:61:2401030103RC50,00NTRFNONREF
:61:2401040104RD30,00NTRFNONREF
:61:2401050105C20,00NTRFNONREF
:62F:C240105EUR900,00
"""
read = mt940.parse(STATEMENT)
amounts = {entry.data["status"]: entry.data["amount"].amount for entry in read}
opening = read.data["final_opening_balance"].amount.amount
closing = read.data["final_closing_balance"].amount.amount
print(amounts, opening, closing)
assert (opening, closing) == (Decimal(1000), Decimal(900))
assert amounts["D"] == Decimal(-100), "changed: a debit"
assert amounts["RC"] == Decimal(50), "changed: a credit taken back"
assert opening + sum(amounts.values()) == Decimal(1000) != closing, "changed: amounts add up"
PY
