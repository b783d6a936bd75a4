{#-
    Customers with the bank when the window of churn began, and who left within it.
    Grain: one row per segment, age group and tenure.
-#}
{%- set drivers = churn_drivers() %}
with months as (
    select * from {{ ref('int_churn_months') }}
),

at_risk as (
    select * from {{ ref('int_churn_at_risk') }}
),

spans as (
    select
        min(month_number) as first_month_number,
        min(month_start_date) as window_start_date,
        max(month_end_date) as window_end_date,
        cast(count(*) as integer) as window_months
    from months
),

leavers as (
    select distinct customer_natural_key
    from at_risk
    where is_event
),

cohort as (
    select
        at_risk.customer_natural_key,
        {{ known_text('at_risk.customer_segment') }} as customer_segment,
        {{ known_text('at_risk.age_group') }} as age_group,
        cast(at_risk.tenure_days as {{ type_double() }}) / 365.25 as tenure_years,
        leavers.customer_natural_key is not null as is_event,
        spans.window_start_date,
        spans.window_end_date,
        spans.window_months
    from at_risk
    inner join spans on at_risk.month_number = spans.first_month_number
    left join leavers on at_risk.customer_natural_key = leavers.customer_natural_key
),

binned as (
    select
        cohort.*,
        {{ driver_bin(drivers, 'tenure', 'tenure_years') }} as tenure_band
    from cohort
)

select
    customer_segment,
    age_group,
    tenure_band,
    cast(count(*) as bigint) as customer_count,
    {{ count_if('is_event') }} as churned_count,
    min(window_start_date) as window_start_date,
    max(window_end_date) as window_end_date,
    max(window_months) as window_months
from binned
group by customer_segment, age_group, tenure_band
