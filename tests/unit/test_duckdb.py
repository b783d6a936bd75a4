"""What the locked DuckDB must do right, because a version of it did not."""

from __future__ import annotations

import duckdb


def test_a_cross_join_of_one_row_stays_on_its_side_of_a_left_join() -> None:
    """2.0.0 moved it to the other side: the clock was NULL wherever there was no partner."""
    con = duckdb.connect()
    con.execute(
        "create table people as select i as id, "
        "date '1990-01-01' + cast(i % 13000 as int) as joined from range(20000) t(i)"
    )
    con.execute(
        "create table leavers as select i * 3 as id, "
        "date '2023-06-01' + cast(i as int) as left_on from range(5) t(i)"
    )
    con.execute("create table clock as select date '2023-01-01' as first_day")
    con.execute("create table cuts as select date '2024-12-31' as day")
    found = con.execute(
        """
        select count(*), count(first_day)
        from cuts cross join clock
        inner join people on day >= joined
        left join leavers on people.id = leavers.id
        where left_on is null and greatest(joined, first_day) <= day
        """
    ).fetchall()
    assert found == [(19779, 19779)]
