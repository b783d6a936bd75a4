"""The measures of drivers, on cells with known numbers."""

from __future__ import annotations

from pathlib import Path

from tests.support.inline import first_row

CELLS = """
with cells as (
    select 'All' as segment, 'd' as driver, 'D' as driver_label, 'none' as bin, 1 as bin_order,
        cast(51 as bigint) as exposed_count, cast(0 as bigint) as event_count
    union all
    select 'All', 'd', 'D', 'some', 2, cast(51 as bigint), cast(10 as bigint)
),
{{ driver_measures('cells', 'segment') }}
select max(population_attributable_pct) as share, max(bin_attributable_pct) as most
from driver_ranks
"""
"""Ten events of 102: divided by their own rate they are a hair over 100 of 100."""


def test_no_more_than_all_events_hang_on_a_driver(tmp_path: Path) -> None:
    assert 100.0 * (10 / 102) / (10 / 102) > 100  # what it must not be computed by
    row = first_row(tmp_path, CELLS)
    assert float(row["share"]) == 100.0
    assert abs(float(row["most"]) - 100.0) < 1e-9
