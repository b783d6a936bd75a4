#!/bin/sh
# dbt-core 1.11.16, dbt-common 1.39.0: what `dbt seed` makes of a column is decided by agate, which drops a per cent or currency
# sign and every comma: 5% is 5, $1,000 is 1000, and the German 1.000,5 is 1.0005 (not 1000.5). Adapters that insert agate's
# values (dbt-postgres) store these; dbt-duckdb 1.11.1 takes only the type (DOUBLE) and lets DuckDB 2.0.0 read the file,
# which refuses 5%. So one seed is 5 on one engine and an error on the other.
# Ends in 0 while they behave so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'dbt-core==1.11.16' 'dbt-common==1.39.0' 'dbt-duckdb==1.11.1' 'duckdb==2.0.0'
mkdir -p "$dir/project/seeds"
cd "$dir/project"
printf 'product,rate\ncard,5%%\nloan,5.5%%\n' > seeds/rates.csv
printf 'product,fee,limit\ncard,"$1,000","1.000,5"\nloan,"$2,000","2.000,5"\n' > prices.csv
printf "name: bank\nversion: '1.0.0'\nconfig-version: 2\nprofile: bank\n" > dbt_project.yml
printf 'bank: {target: here, outputs: {here: {type: duckdb, path: bank.duckdb}}}\n' > profiles.yml
"$dir/venv/bin/python" - <<'PY'
from decimal import Decimal

from dbt_common.clients import agate_helper

rates = agate_helper.from_csv("seeds/rates.csv", text_columns=())
prices = agate_helper.from_csv("prices.csv", text_columns=())
read = {name: column.values() for table in (rates, prices) for name, column in table.columns.items()}
print(read)
assert read["rate"] == (Decimal("5"), Decimal("5.5")), "changed: per cent"
assert read["fee"] == (Decimal("1000"), Decimal("2000")), "changed: currency sign"
assert read["limit"] == (Decimal("1.0005"), Decimal("2.0005")), "changed: decimal comma"
PY
if "$dir/venv/bin/dbt" --no-send-anonymous-usage-stats seed --profiles-dir . > log.txt 2>&1; then
    cat log.txt; echo "changed: dbt-duckdb seeds 5%" >&2; exit 1
fi
grep -m 1 'Could not convert string "5%" to .DOUBLE' log.txt
