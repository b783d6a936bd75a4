#!/bin/sh
# bai2 0.15.0 (cash management files of United States banks): an account record (03) whose line ends with a distributed availability
# (funds type D) of two or four days and goes on in a continuation (88) loses the comma between the two lines, for it is added
# only where the number of commas is no multiple of four. The same record on one line is read right. On two, what is available tomorrow
# becomes 200400 for 200, and the next total (code 400, 450 cents in 2 items) is read as code 450 with an amount of 2; no error.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'bai2==0.15.0'
"$dir/venv/bin/python" - <<'PY'
from bai2 import bai2

HEAD = [
    "01,122099999,123456789,240621,0200,1,65,,2/",
    "02,031001234,122099999,1,240620,2359,USD,2/",
]
CREDITS = "100,300,3,D,2,0,100,1,200"  # 3.00 in three items: 1.00 today, 2.00 tomorrow
DEBITS = "400,450,2,"  # 4.50 in two items


def totals(*account: str) -> list[tuple]:
    tail = [f"49,750,{len(account) + 1}/", "98,750,1,5/", "99,750,1,7/"]
    file = bai2.parse_from_lines([*HEAD, *account, *tail], check_integrity=False)
    items = file.children[0].children[0].header.summary_items
    return [(item.type_code.code, item.amount, dict(item.availability)) for item in items]


one = totals(f"03,0123456789,,{CREDITS},{DEBITS}/")
two = totals(f"03,0123456789,,{CREDITS}/", f"88,{DEBITS}/")
print("on one line ", one)
print("on two lines", two)
assert one == [("100", 300, {"0": 100, "1": 200}), ("400", 450, {})]
assert two == [("100", 300, {"0": 100, "1": 200400}), ("450", 2, {})]
PY
