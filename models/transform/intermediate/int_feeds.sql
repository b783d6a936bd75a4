{#-
    What has come of each feed, and how far it reaches by the clock.
    Grain: one row per table of the contract.
-#}
{%- set feeds = [
    'account_events', 'accounts', 'atm_locations', 'bank_holidays', 'branch_locations',
    'campaign_touches', 'credit_applications', 'customer_interactions',
    'customer_segments_history', 'customers', 'economic_indicators', 'exchange_rates',
    'fraud_alerts', 'loan_payments', 'marketing_campaigns', 'merchant_category_codes',
    'merchants', 'products', 'regulatory_reports', 'risk_assessments', 'transactions',
    'zip_codes',
] %}
{%- set text = dbt.type_string() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

counted as (
    {%- for feed in feeds %}
    {% if not loop.first %}union all{% endif %}
    select
        cast('{{ feed }}' as {{ text }}) as feed_name,
        {{ 'true' if feed in event_feeds() else 'false' }} as has_events,
        count(*) as row_count
    from {{ ref('stg_' ~ feed) }}
    {%- endfor %}
),

event_days as (
    {%- for feed, event in event_feeds().items() %}
    {% if not loop.first %}union all{% endif %}
    select distinct
        cast('{{ feed }}' as {{ text }}) as feed_name,
        {{ event[1] }} as event_date
    from {{ ref(event[0]) }}
    where {{ event[1] }} is not null
    {%- endfor %}
),

gaps as (
    select
        event_days.feed_name,
        event_days.event_date,
        {{ days_between(
            'lag(event_days.event_date) over (partition by event_days.feed_name'
            ~ ' order by event_days.event_date nulls last)', 'event_days.event_date'
        ) }} as gap_days
    from event_days
    cross join clock
    where clock.as_of_date >= event_days.event_date
),

newest as (
    select
        feed_name,
        max(event_date) as last_event_date
    from gaps
    group by feed_name
),

rhythms as (
    -- how long a feed was silent at most, in the year up to its newest event
    select
        gaps.feed_name,
        newest.last_event_date,
        cast(count(*) as bigint) as event_day_count,
        max(gaps.gap_days) as longest_gap_days
    from gaps
    inner join newest on gaps.feed_name = newest.feed_name
    where gaps.event_date > {{ add_days('newest.last_event_date', -365) }}
    group by gaps.feed_name, newest.last_event_date
)

select
    counted.feed_name,
    counted.row_count,
    counted.has_events,
    rhythms.last_event_date,
    coalesce(rhythms.event_day_count, 0) as event_day_count,
    rhythms.longest_gap_days,
    {{ days_between('rhythms.last_event_date', 'clock.as_of_date') }} as behind_days
from counted
cross join clock
left join rhythms on counted.feed_name = rhythms.feed_name
