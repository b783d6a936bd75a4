"""What engines spell or count differently, worked by hand: each line must hold on every engine."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from tests.support.inline import first_row

KEY = "0123456789abcdef-and-longer-than-one-block-of-64-bytes-of-sha-256-to-be-hashed"
DIGEST = hmac.new(KEY.encode(), "zoë@example.com".encode(), hashlib.sha256).hexdigest()
MOMENT = "cast('2024-01-31 10:11:12.5' as timestamp)"
NEXT_DAY = "cast('2024-02-01 00:00:00' as timestamp)"


def _first_seen(moment: str, day: str) -> str:
    shown = "{{ first_day_after(\"cast('" + moment + "' as timestamp)\") }}"
    return f"{shown} = cast('{day}' as date)"


def _hash_number(text: str) -> int:
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") & (2**63 - 1)


HOLDS = {
    "dateadd_keeps_time": "{{ dbt.dateadd('day', 1, \"" + MOMENT + '") }}'
    " = cast('2024-02-01 10:11:12.5' as timestamp)",
    "dateadd_ends_with_the_month": "{{ add_months(\"cast('2024-01-31' as date)\", 1) }}"
    " = cast('2024-02-29' as date)",
    "datediff_counts_boundaries": '{{ dbt.datediff("' + MOMENT + '", "' + NEXT_DAY + "\", 'month')"
    ' }} = 1 and {{ dbt.datediff("' + MOMENT + '", "' + NEXT_DAY + "\", 'day') }} = 1",
    "doubles_have_64_bits": "cast(16777217 as {{ type_double() }}) = 16777217",
    "whole_numbers_divide_into_fractions": "{{ ratio('7', '2') }} = 3.5",
    "half_a_cent_goes_up": "{{ money('cast(100.545 as ' ~ type_double() ~ ')') }} = 100.55",
    "products_are_exact": "{{ converted('cast(123456789.01 as decimal(18, 2))',"
    " 'cast(1.23456789 as decimal(18, 8))') }} = 152415787.51",
    "monday_is_one": "{{ iso_weekday(\"cast('2024-06-03' as date)\") }} = 1"
    " and {{ iso_weekday(\"cast('2024-06-02' as date)\") }} = 7",
    "weeks_are_iso": "{{ iso_week(\"cast('2021-01-03' as date)\") }} = 53",
    "the_hour_of_a_time": "{{ calendar_part('hour', \"cast('2024-02-29 23:59:59.9'"
    ' as timestamp)") }} = 23',
    "midnight_is_seen_that_day": _first_seen("2024-02-29 00:00:00", "2024-02-29"),
    "the_last_second_is_seen_that_day": _first_seen("2024-02-29 23:59:59", "2024-02-29"),
    "what_begins_after_it_is_seen_next_day": _first_seen("2024-02-29 23:59:59.5", "2024-03-01"),
    "open_intervals_are_seen_to_the_end": _first_seen("9999-12-31 00:00:00", "9999-12-31"),
    "no_date_has_the_unknown_key": "{{ date_key('cast(null as date)') }} = -1",
    "the_day_ends_before_the_next": "{{ end_of_day(\"cast('2024-01-01' as date)\") }}"
    " = cast('2024-01-01 23:59:59' as timestamp)",
    "timestamps_have_no_zone": "cast({{ dbt.dateadd('hour', 1,"
    " \"cast('2024-03-10 01:30:00' as timestamp)\") }} as {{ dbt.type_string() }})"
    " like '2024-03-10 02:30:00%'",
    "past_the_last_part_is_empty": "{{ dbt.split_part(\"'a,b'\", \"','\", 3) }} = ''",
    "null_is_no_key": "{{ personal_hash('cast(null as ' ~ dbt.type_string() ~ ')') }} is null",
    "hashes_are_hmac": "{{ personal_hash(\"'zoë@example.com'\") }} = '" + DIGEST + "'",
    "keys_are_the_same_number": "{{ surrogate_key(['7', \""
    + MOMENT
    + '"]) }} = '
    + str(_hash_number("7|2024-01-31 10:11:12.5")),
    "keys_lose_the_sign": "{{ surrogate_key([\"'0'\"]) }} = " + str(_hash_number("0")),
    "null_points_to_the_unknown_member": "{{ foreign_key('cast(null as bigint)') }} = -1",
    "names_may_begin_with_a_digit": "aggregated.{{ adapter.quote('10yr_rate') }} = 3",
    "texts_are_joined_in_order": "aggregated.names = 'a|b|c'",
    "quantiles_interpolate": "aggregated.median_value = 2.5 and aggregated.upper_value = 3.25",
    "counts_are_whole": "aggregated.large_count = 2",
    "sums_of_whole_numbers_do_not_overflow": "aggregated.mean_value = 2147483642.5",
    "plain_numbers_only": "{{ plain_number(\"' -12.50 '\") }} = -12.5"
    " and {{ plain_number(\"'12.'\") }} is null and {{ plain_number(\"'1e3'\") }} is null"
    " and {{ plain_number(\"'078-05-1120'\") }} is null",
    "limits_of_events_about_one": "{{ event_limit(\"'Credit_Limit_Up'\", \"'7500'\") }}"
    " = 7500 and {{ event_limit(\"'Delimited'\", \"'7500'\") }} is null",
    "rates_are_fractions": "{{ event_rate(\"'Interest-Rate changed'\", \"'0.055'\") }} = 0.055"
    " and {{ event_rate(\"'Rate changed'\", \"'5.5'\") }} is null",
    "statuses_and_triggers_are_words_of_a_list": "{{ event_status(\"' CLOSED'\") }} = 'Closed'"
    " and {{ event_status(\"'Zoë'\") }} is null and {{ event_trigger(\"'Zoë'\") }} = 'other'",
    "nulls_come_last": "aggregated.first_name_down = 'c'",
}
QUERY = (
    """
    with rows_given as (
        select 'b' as name, 2 as amount
        union all select 'c', 4
        union all select 'a', 1
        union all select 'b', 3
    ),
    names as (
        select distinct name from rows_given
    ),
    nullable as (
        select name from names
        union all select cast(null as {{ dbt.type_string() }})
    ),
    ranked as (
        select name, row_number() over (order by name desc nulls last) as position
        from nullable
    ),
    joined as (
        select {{ dbt.listagg('name', "'|'", 'order by name') }} as names from names
    ),
    numbers as (
        select
            {{ quantile(0.5, 'amount') }} as median_value,
            {{ quantile(0.75, 'amount') }} as upper_value,
            {{ count_if('amount > 2') }} as large_count,
            {{ average('amount + 2147483640') }} as mean_value,
            count(distinct name) as {{ adapter.quote('10yr_rate') }}
        from rows_given
    ),
    aggregated as (
        select numbers.*, joined.names, ranked.name as first_name_down
        from numbers
        cross join joined
        inner join ranked on ranked.position = 1
    )
    select
"""
    + ",\n".join(f"        {text} as {name}" for name, text in HOLDS.items())
    + "\n    from aggregated"
)


def evaluate(folder: Path, target: str) -> dict[str, Any]:
    """Return the one row of `QUERY` on an engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FA_PII_KEY", KEY)
        return first_row(folder, QUERY, target=target)
