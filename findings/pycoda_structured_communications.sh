#!/bin/sh
# pycoda 1.1.0 (CODA, the statements of Belgian banks): a structured communication of any type is shown as the 12 digits of a payment
# reference, +++ddd/dddd/ddddd+++. Of a card payment (type 113) it is the first twelve characters of the masked card number, as if the payer had
# given a reference, and scheme, terminal, number, day, hour and town behind it are in no attribute. Type 101, a real reference, is right.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pycoda==1.1.0'
"$dir/venv/bin/python" - <<'PY'
from coda.parser import Parser


def record(fields: dict[int, str]) -> str:
    """Return a record of 128 characters from its fields by their first position."""
    line = [" "] * 128
    for first, text in fields.items():
        line[first - 1 : first - 1 + len(text)] = text
    assert len(line) == 128
    return "".join(line)


def communication(kind: str, text: str) -> tuple[str, str]:
    lines = [
        record({1: "00000", 6: "031224", 12: "20105", 25: "REF0000001", 35: "A CUSTOMER",
                61: "BBRUBEBB", 72: "00123456789", 84: "00000", 128: "2"}),
        record({1: "12001", 6: "BE68539007547034", 40: "EUR", 43: "0", 44: "000000001000000",
                59: "021224", 65: "A CUSTOMER", 91: "ACCOUNT", 126: "001"}),
        record({1: "2100010000", 11: "TRX1", 32: "1", 33: "000000000012340", 48: "031224",
                54: "0", 55: "0402000", 62: "1", 63: kind, 66: text, 116: "031224", 122: "001",
                125: "0", 126: "0", 128: "0"}),
        record({1: "8001", 5: "BE68539007547034", 42: "0", 43: "000000000987660", 58: "031224",
                128: "0"}),
        record({1: "9", 17: "000003", 23: "000000000012340", 38: "000000000000000", 128: "2"}),
    ]  # fmt: skip
    (movement,) = Parser().parse("\n".join(lines).encode("cp1252"))[0].movements
    return movement.communication, str(vars(movement))


reference, _ = communication("101", "010123456789")
card, everything = communication(
    "113", "670300XXXXXX0001" + "1" + "TERM01" + "000042" + "031224" + "1015" + "0" + "BRUXELLES"
)
print("type 101:", reference)
print("type 113:", card)
assert reference == "+++010/1234/56789+++"
assert card == "+++670/300X/XXXXX+++"
assert "TERM01" not in everything and "BRUXELLES" not in everything
PY
