{#-
    Instalments due of loans that were not in default, at least 90 days ago, with what was known
    before, and whether each was the first that stayed unpaid for 90 days.
    Grain: one row per instalment.
-#}
{%- set drivers = default_drivers() %}
with exposed as {{ in_place() }}(
    select * from {{ ref('int_default_instalments') }}
),

borrowers as (
    select * from {{ ref('int_loan_borrowers') }}
),

cards as (
    select * from {{ ref('int_card_utilisation') }}
),

due_days as (
    select distinct scheduled_date
    from exposed
),

unemployment as (
    -- as published by the day it was due
    select
        due_days.scheduled_date,
        indicators.observed_value as unemployment_rate
    from due_days
    {{ known_indicator('unemployment_rate', 'due_days.scheduled_date', 'indicators') }}
),

known as (
    select
        exposed.payment_id,
        exposed.account_natural_key,
        exposed.customer_natural_key,
        exposed.scheduled_date,
        exposed.is_event,
        borrowers.credit_score,
        borrowers.debt_to_income_rate,
        borrowers.is_marketing_opt_in,
        cards.utilisation_rate,
        unemployment.unemployment_rate,
        coalesce(borrowers.approved_rate, exposed.interest_rate) as loan_rate,
        {{ completed_months('exposed.first_scheduled_date', 'exposed.scheduled_date') }}
            as loan_age_months,
        {{ known_text('borrowers.age_group') }} as age_group_bin,
        {{ known_text('borrowers.marital_status') }} as marital_status_bin,
        {{ known_text('borrowers.education_level') }} as education_bin
    from exposed
    left join borrowers on exposed.account_natural_key = borrowers.account_natural_key
    left join cards
        on
            exposed.customer_natural_key = cards.customer_natural_key
            and exposed.month_before_date = cards.snapshot_date
    left join unemployment on exposed.scheduled_date = unemployment.scheduled_date
)

select
    payment_id,
    account_natural_key,
    customer_natural_key,
    scheduled_date,
    is_event,
    credit_score,
    debt_to_income_rate,
    loan_rate,
    utilisation_rate,
    unemployment_rate,
    loan_age_months,
    {{ driver_bin(drivers, 'credit_score', 'credit_score') }} as credit_score_bin,
    {{ driver_bin(drivers, 'debt_to_income', 'debt_to_income_rate') }} as debt_to_income_bin,
    {{ driver_bin(drivers, 'loan_rate', 'loan_rate') }} as loan_rate_bin,
    {{ driver_bin(drivers, 'utilisation', 'utilisation_rate', 'utilisation_rate is null') }}
        as utilisation_bin,
    {{ driver_bin(drivers, 'unemployment', 'unemployment_rate') }} as unemployment_bin,
    {{ driver_bin(drivers, 'loan_age', 'loan_age_months') }} as loan_age_bin,
    age_group_bin,
    marital_status_bin,
    education_bin,
    {{ flag_bin('is_marketing_opt_in') }} as marketing_opt_in_bin
from known
