{#-
    What has come of each feed, and how far it reaches by the clock.
    Grain: one row per table of the contract.
-#}
{%- set feeds = [
    ('account_events', 'stg_account_events', 'event_date'),
    ('accounts', 'stg_accounts', none),
    ('atm_locations', 'stg_atm_locations', none),
    ('bank_holidays', 'stg_bank_holidays', none),
    ('branch_locations', 'stg_branch_locations', none),
    ('campaign_touches', 'stg_campaign_touches', 'touch_date'),
    ('credit_applications', 'stg_credit_applications', 'application_date'),
    ('customer_interactions', 'stg_customer_interactions', 'interaction_date'),
    ('customer_segments_history', 'stg_customer_segments_history', none),
    ('customers', 'stg_customers', none),
    ('economic_indicators', 'stg_economic_indicators', none),
    ('exchange_rates', 'stg_exchange_rates', none),
    ('fraud_alerts', 'stg_fraud_alerts', 'alert_date'),
    ('loan_payments', 'stg_loan_payments', 'paid_date'),
    ('marketing_campaigns', 'stg_marketing_campaigns', none),
    ('merchant_category_codes', 'stg_merchant_category_codes', none),
    ('merchants', 'stg_merchants', none),
    ('products', 'stg_products', none),
    ('regulatory_reports', 'stg_regulatory_reports', none),
    ('risk_assessments', 'stg_risk_assessments', 'assessment_date'),
    ('transactions', 'stg_transactions', 'transaction_date'),
    ('zip_codes', 'stg_zip_codes', none),
] %}
{%- set text = dbt.type_string() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

counted as (
    {%- for feed, relation, event_date in feeds %}
    {% if not loop.first %}union all{% endif %}
    select
        cast('{{ feed }}' as {{ text }}) as feed_name,
        {{ 'true' if event_date else 'false' }} as has_events,
        count(*) as row_count
    from {{ ref(relation) }}
    {%- endfor %}
),

event_days as (
    {%- for feed, relation, event_date in feeds if event_date %}
    {% if not loop.first %}union all{% endif %}
    select distinct
        cast('{{ feed }}' as {{ text }}) as feed_name,
        {{ event_date }} as event_date
    from {{ ref(relation) }}
    where {{ event_date }} is not null
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
