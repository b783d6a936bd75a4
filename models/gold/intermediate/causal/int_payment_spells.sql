{#-
    Loan instalments that were paid, late or in time, each with whether the account was on autopay
    when it fell due, and what was known of the borrower. A loan paid off before its time ends in
    the instalment that did so. Grain: one row per instalment.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

payments as (
    select * from {{ ref('fact_loan_payments') }}
),

borrowers as (
    select * from {{ ref('int_loan_borrowers') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
),

enrolments as (
    select
        account_natural_key,
        min(cast(valid_from as date)) as enrolled_date
    from accounts
    where is_autopay_enabled
    group by account_natural_key
),

settled as (
    select
        payments.payment_id,
        payments.account_natural_key,
        payments.account_key,
        payments.product_key,
        payments.scheduled_date,
        payments.settled_date > payments.scheduled_date as is_late,
        payments.paid_amount > payments.scheduled_amount * 1.5
        and payments.outstanding_balance = 0 as is_prepaid
    from payments
    inner join clock on payments.settled_date <= clock.as_of_date
    where payments.account_natural_key is not null
)

select
    settled.payment_id,
    settled.account_natural_key,
    settled.scheduled_date,
    cast({{
        dbt.datediff('clock.first_event_date', 'settled.scheduled_date', 'month')
    }} as integer) as window_month,
    coalesce(settled.is_late, false) as is_late,
    coalesce(settled.is_prepaid, false) as is_prepaid,
    coalesce(accounts.is_autopay_enabled, false) as has_autopay,
    not coalesce(accounts.is_autopay_enabled, false)
    and coalesce(
        enrolments.enrolled_date > settled.scheduled_date
        and enrolments.enrolled_date <= {{ add_days('settled.scheduled_date', 183) }}, false
    ) as has_autopay_soon,
    borrowers.credit_score,
    {{ known_text('products.product_name') }} as product_name
from settled
cross join clock
left join borrowers on settled.account_natural_key = borrowers.account_natural_key
left join products on settled.product_key = products.product_key
left join accounts on settled.account_key = accounts.account_key
left join enrolments on settled.account_natural_key = enrolments.account_natural_key
