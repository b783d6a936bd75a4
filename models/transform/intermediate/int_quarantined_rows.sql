{#-
    What the loader set aside, counted: no value leaves bronze.
    Grain: one row per feed, rule and column.
-#}
with faults as (
    select * from {{ source('bronze_ledgers', 'quarantine') }}
),

rows_aside as (
    -- one value may break a rule in several ways; the row is one
    select
        table_name as feed_name,
        rule as rule_name,
        coalesce(column_name, 'the whole row') as at_column,
        _batch_id,
        source_row,
        min(_loaded_at) as loaded_at
    from faults
    group by table_name, rule, coalesce(column_name, 'the whole row'), _batch_id, source_row
),

placed as (
    select
        rows_aside.*,
        row_number() over (
            partition by feed_name, rule_name, at_column
            order by _batch_id nulls last, source_row nulls last
        ) as position_number
    from rows_aside
)

select
    feed_name,
    rule_name,
    at_column,
    count(*) as quarantined_count,
    cast(min(loaded_at) as date) as first_loaded_date,
    {{ first_examples('position_number', "'batch ' || cast(_batch_id as " ~ dbt.type_string()
        ~ ") || ' row ' || cast(source_row as " ~ dbt.type_string() ~ ')') }} as example_rows
from placed
group by feed_name, rule_name, at_column
