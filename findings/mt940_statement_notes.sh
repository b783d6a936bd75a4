#!/bin/sh
# mt-940 5.1.1: a field :86: behind the closing balance (:62F:) is the bank's information to the account owner about the whole statement.
# The library adds it to the details of the last entry, with Options.all() as without: a payment called "Rent January" also says that
# interest changes, and nothing of the statement holds the text.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'mt-940==5.1.1'
"$dir/venv/bin/python" - <<'PY'
import mt940
from mt940.options import Options

HEAD = ":20:STATEMENT\n:25:12345678/1234567890\n:28C:1/1\n"
NOTE = ":86:Interest changes to 2 percent\n"
ENTRY = ":61:2401020102D100,00NTRFNONREF\n:86:Rent January\n"
PAID = f"{HEAD}:60F:C240101EUR1000,00\n{ENTRY}:62F:C240102EUR900,00\n{NOTE}"
for options in (None, Options.all()):
    (entry,) = mt940.parse(PAID, options=options)
    statement = mt940.parse(PAID, options=options).data
    print(options and "all options", repr(entry.data["transaction_details"]))
    assert entry.data["transaction_details"] == "Rent January\nInterest changes to 2 percent"
    assert not any("Interest" in str(value) for value in statement.values())
PY
