{#-
    Loans that run and are not in default at each month end, with what was known of them then.
    Grain: one row per loan account and month end.
-#}
with months as {{ in_place() }}(
    select * from {{ ref('int_feature_months') }}
),

loan_months as (
    select * from {{ ref('int_loan_month') }}
    where not is_partial_month
),

payments as (
    select * from {{ ref('int_loan_feature_payments') }}
),

origins as (
    select * from {{ ref('int_loan_origins') }}
),

borrowers as (
    select * from {{ ref('int_loan_borrowers') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

first_defaults as (
    select
        account_natural_key,
        min({{ add_days('scheduled_date', 90) }}) as default_date
    from {{ ref('int_default_instalments') }}
    where is_event
    group by account_natural_key
),

customers as (
    select * from {{ ref('dim_customer') }}
    where customer_key <> {{ unknown_key() }} and not is_inferred
),

first_versions as (
    {{ first_records(ref('stg_customers'), 'customer_id') }}
),

enrolled as (
    select
        customer_natural_key,
        min(event_at) as enrolled_at
    from {{ ref('fact_account_events') }}
    where event_type = 'Autopay Enrolled'
    group by customer_natural_key
),

unemployment as (
    -- as published by the month end
    select
        months.month_number,
        indicators.observed_value as unemployment_rate
    from months
    {{ known_indicator('unemployment_rate', 'months.month_start_date', 'indicators') }}
)

select
    loan_months.account_natural_key,
    months.cut_date,
    loan_months.customer_natural_key,
    products.product_name,
    {{ known_then('customer', 'customers', 'customer_segment', 'text') }} as customer_segment,
    borrowers.credit_score,
    {{ known_then('customer', 'customers', 'credit_score', 'integer') }} as current_credit_score,
    borrowers.debt_to_income_rate,
    coalesce(borrowers.approved_rate, origins.interest_rate) as loan_rate,
    {{ ratio(
        '12 * payments.scheduled_amount',
        known_then('customer', 'customers', 'annual_income_amount', 'decimal(18, 2)')
    ) }} as instalment_income_rate,
    unemployment.unemployment_rate,
    {{ completed_months('origins.first_scheduled_date', 'months.cut_date') }} as loan_age_months,
    coalesce(enrolled.enrolled_at < months.month_start_date, false) as has_autopay,
    loan_months.past_due_days,
    loan_months.unpaid_count,
    payments.year_late_count,
    payments.worst_late_days,
    payments.newest_late_days,
    payments.scheduled_amount,
    payments.outstanding_balance
from loan_months
inner join months on loan_months.month_number = months.previous_month_number
left join payments
    on
        loan_months.account_natural_key = payments.account_natural_key
        and loan_months.month_number = payments.month_number
left join origins on loan_months.account_natural_key = origins.account_natural_key
left join borrowers on loan_months.account_natural_key = borrowers.account_natural_key
left join products on loan_months.product_key = products.product_key
left join first_defaults on loan_months.account_natural_key = first_defaults.account_natural_key
left join first_versions
    on
        loan_months.customer_natural_key = first_versions.customer_id
        and months.month_start_date > first_versions.first_recorded_at
left join customers
    on
        first_versions.customer_id = customers.customer_natural_key
        and months.month_start_date > customers.valid_from
        and months.month_start_date <= customers.valid_to
left join unemployment on months.month_number = unemployment.month_number
left join enrolled on loan_months.customer_natural_key = enrolled.customer_natural_key
where first_defaults.default_date is null or first_defaults.default_date > months.cut_date
