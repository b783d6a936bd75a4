#!/bin/sh
# csb43 1.1.0, Spanish statements (AEB norm 43) to OFX: the closing balance of 31 January is exported as that of 1 January, a loan
# repayment (common code 05) as a dividend, a dividend (08) as a fee, a paid bill (03) as a service charge, a current account as
# savings. The library's own table has the right meaning of each code. No warning.
# Ends in 0 while csb43 behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'csb43==1.1.0'
"$dir/venv/bin/python" - > "$dir/january.n43" <<'PY'
lines = [
    "119999000100000000122601012601312000000001000009783EMPRESA SL",
    "22    0000260105260105050011000000000250000000000000000000000000",
    "22    0000260112260112080012000000000040000000000000000000000000",
    "22    0000260125260125030011000000000030000000000000000000000000",
    "3399990001000000001200002000000000280000000100000000004000200000000076000978",
    "88999999999999999999000005",
]
print("".join(f"{line:80}\r\n" for line in lines), end="")
PY
"$dir/venv/bin/csb2format" --strict --format ofx "$dir/january.n43" "$dir/january.ofx" >/dev/null 2>&1
"$dir/venv/bin/python" - "$dir/january.ofx" <<'PY'
import re
import sys
from importlib.metadata import version

from csb43.aeb43.transaction import CONCEPTOS

text = open(sys.argv[1], encoding="utf-8").read()
kinds = re.findall(r"<TRNTYPE>(\w+)<.*?<TRNAMT>([-.\d]+)<", text)
balance = re.search(r"<LEDGERBAL><BALAMT>([\d.]+)</BALAMT><DTASOF>(\d+)", text).groups()
account = re.search(r"<ACCTTYPE>(\w+)", text)[1]
print("csb43", version("csb43"))
for code, (kind, amount) in zip(("05", "08", "03"), kinds, strict=True):
    print(f"code {code}, {CONCEPTOS[code]}: {amount} as {kind}")
print("statement of 2026-01-01 to 2026-01-31; ledger balance", *balance, "account", account)
assert kinds == [("DIV", "-250"), ("FEE", "40"), ("SRVCHG", "-30")], "changed: types"
assert balance == ("760", "20260101"), "changed: the day of the balance"
assert account == "SAVINGS", "changed: the type of account"
PY
