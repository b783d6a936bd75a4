{#- Calendar. Grain: one row per day, and the unknown day. -#}
{%- set dated = [
    ('stg_transactions', 'transaction_date'), ('stg_customer_interactions', 'interaction_date'),
    ('stg_account_events', 'event_date'), ('stg_credit_applications', 'application_date'),
    ('stg_fraud_alerts', 'alert_date'), ('stg_loan_payments', 'scheduled_date'),
    ('stg_loan_payments', 'paid_date'),
    ('stg_customer_segments_history', 'effective_date'), ('stg_regulatory_reports', 'filing_date'),
    ('stg_risk_assessments', 'assessment_date'), ('stg_campaign_touches', 'touch_date'),
    ('stg_marketing_campaigns', 'start_date'),
] %}
with event_days as (
    {%- for relation, column in dated %}
    {% if not loop.first %}union all{% endif %}
    select
        min({{ column }}) as first_date,
        max({{ column }}) as last_date
    from {{ ref(relation) }}
    {%- endfor %}
    union all
    select
        as_of_date as first_date,
        as_of_date as last_date
    from {{ ref('data_clock') }}
    union all
    select
        cast('{{ var("first_year") }}-01-01' as date) as first_date,
        cast('{{ var("last_year") }}-12-31' as date) as last_date
),

spans as (
    select
        {{ month_start('min(first_date)') }} as first_date,
        {{ month_end('max(last_date)') }} as last_date
    from event_days
),

days as (
    {{ day_series('spans', 'first_date', 'last_date', [], 'full_date') }}
),

holidays as (
    select
        holiday_date,
        min(holiday_name) as holiday_name
    from {{ ref('stg_bank_holidays') }}
    where country = '{{ var("holiday_country") }}'
    group by holiday_date
),

marked as (
    select
        days.full_date,
        {{ iso_weekday('days.full_date') }} as day_of_week_number,
        holidays.holiday_name,
        holidays.holiday_date is not null as is_bank_holiday,
        cast(extract(year from days.full_date) as integer) as year_number,
        cast(extract(quarter from days.full_date) as integer) as quarter_number,
        cast(extract(month from days.full_date) as integer) as month_number,
        cast(extract(day from days.full_date) as integer) as day_of_month_number,
        {{ add_months('days.full_date', (13 - var('fiscal_year_start_month')) % 12) }}
            as fiscal_date
    from days
    left join holidays on days.full_date = holidays.holiday_date
)

select
    {{ date_key('full_date') }} as date_key,
    full_date,
    year_number,
    quarter_number,
    month_number,
    {{ month_name('month_number') }} as month_name,
    {{ year_month('full_date') }} as year_month,
    {{ month_start('full_date') }} as month_start_date,
    {{ month_end('full_date') }} as month_end_date,
    {{ iso_week('full_date') }} as week_number,
    day_of_month_number,
    day_of_week_number,
    {{ day_name('day_of_week_number') }} as day_name,
    day_of_week_number in (6, 7) as is_weekend,
    is_bank_holiday,
    holiday_name,
    day_of_week_number not in (6, 7) and not is_bank_holiday as is_business_day,
    full_date = {{ month_end('full_date') }} as is_month_end,
    cast(extract(year from fiscal_date) as integer) as fiscal_year_number,
    cast(extract(quarter from fiscal_date) as integer) as fiscal_quarter_number
from marked

union all

select
    -1 as date_key,
    cast(null as date) as full_date,
    cast(null as integer) as year_number,
    cast(null as integer) as quarter_number,
    cast(null as integer) as month_number,
    'Unknown' as month_name,
    'Unknown' as year_month,
    cast(null as date) as month_start_date,
    cast(null as date) as month_end_date,
    cast(null as integer) as week_number,
    cast(null as integer) as day_of_month_number,
    cast(null as integer) as day_of_week_number,
    'Unknown' as day_name,
    false as is_weekend,
    false as is_bank_holiday,
    cast(null as {{ dbt.type_string() }}) as holiday_name,
    false as is_business_day,
    false as is_month_end,
    cast(null as integer) as fiscal_year_number,
    cast(null as integer) as fiscal_quarter_number
