#!/bin/sh
# ofxstatement 0.9.3 (writes OFX from the statements of banks): every amount is written with two decimals, whatever its currency. A dinar of
# Kuwait has a thousand fils (ISO 4217), so 1.239 KWD becomes 1.24, and a balance of 1.001 becomes 1.00; no warning. The currency that
# a payment was made in is written as ORIG_CURRENCY, which OFX does not have (it is ORIGCURRENCY): ofxtools 1.1.1 skips it as unknown, and
# the payment has none. Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'ofxstatement==0.9.3' 'ofxtools==1.1.1'
"$dir/venv/bin/python" -W ignore - <<'PY'
import io
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from ofxstatement.ofx import OfxWriter
from ofxstatement.statement import Currency, Statement, StatementLine
from ofxtools.Parser import OFXTree

statement = Statement(bank_id="1", account_id="2", currency="KWD")
statement.end_date = datetime(2024, 1, 31)
statement.start_date = datetime(2024, 1, 1)
statement.end_balance = Decimal("1.001")
line = StatementLine(id="1", date=datetime(2024, 1, 5), memo="shop", amount=Decimal("-1.239"))
statement.lines.append(line)


def read(text: str) -> Any:
    tree = OFXTree()
    tree.parse(io.BytesIO(text.encode()))
    return tree.convert().statements[0].transactions[0]


line.orig_currency = Currency("USD", Decimal("0.31"))
text = OfxWriter(statement).toxml()
amounts = re.findall(r"<(?:TRNAMT|BALAMT)>([^<]*)", text)
entry = read(text)
print("written", amounts, "read back", entry.trnamt, entry.origcurrency)
assert amounts == ["-1.24", "1.00"] and entry.trnamt == Decimal("-1.24")
assert "<ORIG_CURRENCY>" in text and entry.origcurrency is None
right = read(text.replace("ORIG_CURRENCY", "ORIGCURRENCY").replace(
    "<CURSYM>USD</CURSYM><CURRATE>0.31</CURRATE>", "<CURRATE>0.31</CURRATE><CURSYM>USD</CURSYM>"
))
assert right.origcurrency.cursym == "USD"
PY
