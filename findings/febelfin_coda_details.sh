#!/bin/sh
# febelfin-coda 0.5.0 (CODA, the statements of Belgian banks): the amount of a detail (information record 3, structured communication
# 006: description, currency, 15 digits, sign, category) takes its sign from the first digit of the category behind the sign. A charge
# of 12.34 (sign 1, category 004) is +12.34, a credit of category 113 is negative. And a statement with a detail of a detail
# (transaction type 9 below type 5: a globalised booking whose parts have parts) cannot be read at all: AttributeError.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'febelfin-coda==0.5.0'
"$dir/venv/bin/python" - <<'PY'
import io

from coda import CODA


def record(fields):
    """Return a record of 128 characters from its fields by their first position."""
    line = [" "] * 128
    for first, text in fields.items():
        line[first - 1 : first - 1 + len(text)] = text
    assert len(line) == 128
    return "".join(line) + "\n"


def move(number, detail, code, amount):
    return record({1: f"21{number}{detail}", 11: "TRX1", 32: "1", 33: f"{amount:015}", 48: "031224", 54: code,
                   62: "0", 63: "SALARIES", 116: "031224", 122: "001", 125: "0", 126: "0", 128: "0"})  # fmt: skip


def statement(*lines, debit):
    whole = [
        record({1: "00000", 6: "031224", 12: "20105", 25: "REF0000001", 35: "A CUSTOMER",
                61: "BBRUBEBB", 72: "00123456789", 84: "00000", 128: "2"}),
        record({1: "12001", 6: "BE68539007547034", 40: "EUR", 43: "0", 44: "000000001000000",
                59: "021224", 65: "A CUSTOMER", 91: "ACCOUNT", 126: "001"}),
        *lines,
        record({1: "8001", 5: "BE68539007547034", 39: "EUR", 42: "0", 43: f"{1000000 - debit:015}",
                58: "031224", 128: "0"}),
        record({1: "9", 17: f"{2 + len(lines):06}", 23: f"{debit:015}", 38: f"{0:015}", 128: "2"}),
    ]  # fmt: skip
    return CODA(io.StringIO("".join(whole))).statements[0]


def detail(number, words, amount, sign, category):
    text = f"006{words:<30}EUR{amount:015}{sign}{category}"
    return record({1: f"310001{number:04}", 11: "TRX1", 32: "00402000", 40: "1", 41: text, 126: "0", 128: "0"})


booked = move("0001", "0000", "00402000", 12340)
found = statement(booked, detail(1, "CHARGE", 12340, 1, "004"), detail(2, "REFUND", 5000, 0, "113"), debit=12340)
details = [(one.description.strip(), one.amount, one.category) for one in sum(found.informations.values(), [])]
print(details)
assert [(words, str(amount)) for words, amount, _ in details] == [("CHARGE", "12.34"), ("REFUND", "-5")], "changed: signs"
assert [category for *_, category in details] == ["004", "113"]
parts = [move("0001", "0000", "10107000", 12340), move("0001", "0001", "50107000", 12340)]
assert len(statement(*parts, debit=12340).moves[0].moves) == 1, "changed: a detail"
try:
    statement(*parts, move("0001", "0002", "90107000", 12340), debit=12340)
except AttributeError as error:
    print("detail of a detail:", error)
else:
    raise AssertionError("changed: a detail of a detail is read")
PY
