{#-
    How each loan was paid in the twelve months that end with a month end. Grain: one row per
    loan account and complete month in which it runs.
-#}
with loan_months as (
    select * from {{ ref('int_loan_month') }}
    where not is_partial_month
),

payments as (
    select * from {{ ref('fact_loan_payments') }}
),

seen as (
    -- as it stood at the month end: what was paid later was open then
    select
        loan_months.account_natural_key,
        loan_months.month_number,
        payments.scheduled_date,
        payments.scheduled_amount,
        case
            when payments.settled_date <= loan_months.month_end_date
                then payments.outstanding_balance
        end as outstanding_balance,
        case
            when payments.settled_date <= loan_months.month_end_date
                then {{ days_between('payments.scheduled_date', 'payments.settled_date') }}
            else {{ days_between('payments.scheduled_date', 'loan_months.month_end_date') }}
        end as late_days,
        row_number() over (
            partition by loan_months.account_natural_key, loan_months.month_number
            order by payments.scheduled_date desc nulls last, payments.payment_id desc nulls last
        ) as recency,
        row_number() over (
            partition by
                loan_months.account_natural_key,
                loan_months.month_number,
                coalesce(payments.settled_date <= loan_months.month_end_date, false)
            order by payments.scheduled_date desc nulls last, payments.payment_id desc nulls last
        ) as paid_recency
    from loan_months
    inner join payments
        on
            loan_months.account_natural_key = payments.account_natural_key
            and loan_months.month_end_date >= payments.scheduled_date
            and payments.scheduled_date > {{ add_months('loan_months.month_end_date', -12) }}
)

select
    account_natural_key,
    month_number,
    count(*) as year_instalment_count,
    {{ count_if('late_days > 0') }} as year_late_count,
    cast(max(case when late_days > 0 then late_days else 0 end) as integer) as worst_late_days,
    cast(
        max(case when recency = 1 then greatest(late_days, 0) end) as integer
    ) as newest_late_days,
    max(case when recency = 1 then scheduled_amount end) as scheduled_amount,
    max(case when paid_recency = 1 then outstanding_balance end) as outstanding_balance
from seen
group by account_natural_key, month_number
