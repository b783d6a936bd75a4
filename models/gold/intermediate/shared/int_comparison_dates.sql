{#-
    The two dates that descriptive models compare: the clock and twelve months before.
    Grain: one row per position.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
)

select
    cast('current' as {{ dbt.type_string() }}) as position_name,
    as_of_date as position_date,
    coalesce(as_of_date >= last_event_date, false) as is_newest
from clock

union all

select
    cast('previous' as {{ dbt.type_string() }}) as position_name,
    {{ add_months('as_of_date', -12) }} as position_date,
    false as is_newest
from clock
