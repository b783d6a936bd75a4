{#-
    How far behind each loan is at each month end (or at the clock, in its month).
    Grain: one row per loan account and month.
-#}
with months as (
    select * from {{ ref('int_months') }}
),

instalments as (
    select
        payments.payment_id,
        payments.account_natural_key,
        payments.customer_natural_key,
        payments.product_key,
        payments.scheduled_date,
        payments.settled_date
    from {{ ref('fact_loan_payments') }} as payments
),

loans as (
    select * from {{ ref('int_loan_spans') }}
),

loan_months as (
    select
        loans.account_natural_key,
        months.month_number,
        months.month_start_date,
        months.month_end_date,
        months.last_known_date
    from loans
    inner join months
        on
            loans.first_scheduled_date <= months.last_known_date
            and loans.last_date >= months.month_start_date
),

unpaid as (
    select
        loan_months.account_natural_key,
        loan_months.month_number,
        min(instalments.scheduled_date) as oldest_unpaid_date,
        count(*) as unpaid_count
    from loan_months
    inner join instalments
        on
            loan_months.account_natural_key = instalments.account_natural_key
            and loan_months.last_known_date >= instalments.scheduled_date
            and (
                instalments.settled_date is null
                or loan_months.last_known_date < instalments.settled_date
            )
    group by loan_months.account_natural_key, loan_months.month_number
),

newest as (
    -- the terms of a loan at a month end are those of the last instalment that fell due by then
    select
        instalments.account_natural_key,
        instalments.customer_natural_key,
        instalments.product_key,
        instalments.scheduled_date as due_from_date,
        lead(instalments.scheduled_date) over (
            partition by instalments.account_natural_key
            order by instalments.scheduled_date nulls last, instalments.payment_id nulls last
        ) as due_before_date
    from instalments
),

aged as (
    select
        loan_months.account_natural_key,
        newest.customer_natural_key,
        newest.product_key,
        loan_months.month_number,
        loan_months.month_start_date,
        loan_months.month_end_date,
        loan_months.last_known_date,
        coalesce(unpaid.unpaid_count, 0) as unpaid_count,
        coalesce(
            cast({{
                dbt.datediff('unpaid.oldest_unpaid_date', 'loan_months.last_known_date', 'day')
            }} as integer), 0
        ) as past_due_days
    from loan_months
    inner join newest
        on
            loan_months.account_natural_key = newest.account_natural_key
            and loan_months.last_known_date >= newest.due_from_date
            and (
                newest.due_before_date is null
                or loan_months.last_known_date < newest.due_before_date
            )
    left join unpaid
        on
            loan_months.account_natural_key = unpaid.account_natural_key
            and loan_months.month_number = unpaid.month_number
),

bucketed as (
    select
        account_natural_key,
        customer_natural_key,
        product_key,
        month_number,
        month_start_date,
        month_end_date,
        last_known_date,
        unpaid_count,
        past_due_days,
        {{ delinquency_bucket('past_due_days') }} as delinquency_bucket
    from aged
)

select
    account_natural_key,
    customer_natural_key,
    product_key,
    month_number,
    month_start_date,
    month_end_date,
    last_known_date,
    last_known_date < month_end_date as is_partial_month,
    cast(unpaid_count as bigint) as unpaid_count,
    past_due_days,
    delinquency_bucket,
    lag(delinquency_bucket) over (
        partition by account_natural_key order by month_number nulls last
    ) as previous_bucket
from bucketed
