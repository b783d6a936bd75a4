#!/bin/sh
# duckdb 2.0.0: a cross join with a table of one row (an as-of date, a rate), on the left side of a LEFT JOIN, is moved to
# its right side when a filter above compares columns of three tables: the one row's column is NULL wherever the LEFT
# JOIN finds no partner. 19,779 rows come, none with the date that each of them must have; with the optimiser of joins
# switched off all have it. 1.5.6 and 2.0.1 give it to all.
# Ends in 0 while duckdb behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
cat > "$dir/ask.py" <<'PY'
import sys

import duckdb

con = duckdb.connect()
con.execute("create table customer as select i as id, date '1990-01-01' + cast(i % 13000 as int) as joined from range(20000) t(i)")
con.execute("create table leaver as select i * 3 as id, date '2023-06-01' + cast(i as int) as left_on from range(5) t(i)")
con.execute("create table feed as select date '2023-01-01' as first_day")
con.execute("create table cut as select date '2024-12-31' as day")
query = """
    select count(*), count(first_day)
    from cut cross join feed
    inner join customer on cut.day >= customer.joined
    left join leaver on customer.id = leaver.id
    where left_on is null and greatest(joined, first_day) <= day
"""
found = con.execute(query).fetchall()[0]
con.execute("set disabled_optimizers = 'join_order'")
plain = con.execute(query).fetchall()[0]
print("duckdb", duckdb.__version__, "rows, rows with a first day:", found, "joins as written:", plain)
assert plain == (19779, 19779), "changed: joins as written"
assert found == tuple(int(value) for value in sys.argv[1:]), "changed: joins in another order"
PY
for version in 1.5.6:19779 2.0.0:0 2.0.1:19779; do
    "$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check "duckdb==${version%%:*}"
    "$dir/venv/bin/python" "$dir/ask.py" 19779 "${version##*:}"
done
