{#-
    Customers at risk of leaving in each of the last complete months, with what was known when the
    month began, and who left in it. Grain: one row per customer and month.
-#}
{%- set drivers = churn_drivers() %}
with months as (
    select * from {{ ref('int_churn_months') }}
),

at_risk as (
    select * from {{ ref('int_churn_at_risk') }}
),

usage as (
    select * from {{ ref('int_churn_usage') }}
),

holdings as (
    select * from {{ ref('int_churn_holdings') }}
),

events as (
    select * from {{ ref('fact_account_events') }}
    where event_type = 'Autopay Enrolled'
),

enrolled as (
    select
        customer_natural_key,
        min(event_at) as enrolled_at
    from events
    group by customer_natural_key
),

known as (
    select
        at_risk.customer_natural_key,
        at_risk.month_number,
        at_risk.month_start_date,
        at_risk.is_event,
        at_risk.is_marketing_opt_in,
        usage.has_complaint,
        usage.has_fee,
        usage.activity_index,
        usage.login_gap_days,
        holdings.has_dormant,
        holdings.has_savings,
        holdings.rate_gap_rate,
        cast(at_risk.tenure_days as {{ type_double() }}) / 365.25 as tenure_years,
        case
            when enrolled.enrolled_at < at_risk.month_start_date then true
            when enrolled.enrolled_at is not null then false
            else holdings.has_autopay_account
        end as has_autopay,
        {{ known_text('at_risk.customer_segment') }} as customer_segment,
        {{ known_text('at_risk.age_group') }} as age_group_bin,
        {{ known_text('at_risk.marital_status') }} as marital_status_bin,
        {{ known_text('at_risk.education_level') }} as education_bin,
        {{ known_text('at_risk.home_ownership') }} as home_ownership_bin,
        {{ known_text('at_risk.preferred_channel') }} as preferred_channel_bin
    from at_risk
    inner join months on at_risk.month_number = months.month_number
    left join usage
        on
            at_risk.customer_natural_key = usage.customer_natural_key
            and at_risk.month_number = usage.month_number
    left join holdings
        on
            at_risk.customer_natural_key = holdings.customer_natural_key
            and at_risk.month_number = holdings.month_number
    left join enrolled on at_risk.customer_natural_key = enrolled.customer_natural_key
)

select
    customer_natural_key,
    month_number,
    month_start_date,
    customer_segment,
    is_event,
    {{ flag_bin('has_complaint') }} as unresolved_complaint_bin,
    {{ flag_bin('has_fee') }} as fee_event_bin,
    {{ driver_bin(drivers, 'activity', 'activity_index') }} as activity_bin,
    {{ driver_bin(drivers, 'login_gap', 'login_gap_days') }} as login_gap_bin,
    {{ flag_bin('has_dormant') }} as dormant_bin,
    {{ driver_bin(drivers, 'rate_gap', 'rate_gap_rate', 'not coalesce(has_savings, false)') }}
        as rate_gap_bin,
    {{ driver_bin(drivers, 'tenure', 'tenure_years') }} as tenure_bin,
    {{ flag_bin('has_autopay') }} as autopay_bin,
    age_group_bin,
    marital_status_bin,
    education_bin,
    home_ownership_bin,
    {{ flag_bin('is_marketing_opt_in') }} as marketing_opt_in_bin,
    preferred_channel_bin
from known
