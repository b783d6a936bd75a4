{#-
    What the loader set aside, by feed and rule; a feed without any has one row that says so.
    Grain: one row per check, feed and reason.
-#}
{%- set text = dbt.type_string() %}
with feeds as (
    select * from {{ ref('int_feeds') }}
),

quarantined as (
    select * from {{ ref('int_quarantined_rows') }}
)

select
    cast('rows_in_quarantine' as {{ text }}) as check_name,
    feeds.feed_name,
    cast(
        coalesce(
            'set aside for ' || quarantined.at_column || ' (' || quarantined.rule_name || ')',
            'none'
        ) as {{ text }}
    ) as reason_name,
    -- as fa ingest: more than one row in a hundred is no accident
    cast(
        case
            when
                quarantined.quarantined_count * 100
                > feeds.row_count + quarantined.quarantined_count
                then 'error'
            else 'warning'
        end as {{ text }}
    ) as severity,
    coalesce(quarantined.quarantined_count, 0) as concerned_count,
    feeds.row_count + coalesce(quarantined.quarantined_count, 0) as row_count,
    quarantined.example_rows as example_keys,
    quarantined.first_loaded_date as since_date,
    cast(
        'look at the rows in ingestion_raw_data.quarantine, correct them at the source '
        || 'and load them again' as {{ text }}
    ) as advice
from feeds
left join quarantined on feeds.feed_name = quarantined.feed_name
