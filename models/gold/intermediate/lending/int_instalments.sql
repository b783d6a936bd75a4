{#-
    Loan instalments that fell due by the clock, in the reporting currency, each in one state.
    Grain: one row per instalment.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

payments as (
    select * from {{ ref('fact_loan_payments') }}
),

rates as (
    select * from {{ ref('int_daily_exchange_rates') }}
),

converted as (
    select
        payments.payment_id,
        {{ month_start('payments.scheduled_date') }} as month_start_date,
        payments.account_natural_key,
        payments.customer_natural_key,
        payments.product_key,
        payments.scheduled_date,
        clock.as_of_date,
        case when payments.paid_date <= clock.as_of_date then payments.paid_date end as paid_date,
        case
            when payments.settled_date <= clock.as_of_date then payments.settled_date
        end as settled_date,
        {%- set rate = reporting_rate('payments.currency', 'rates.exchange_rate') %}
        {{ converted('payments.scheduled_amount', rate) }} as scheduled_amount,
        case
            when coalesce(payments.paid_date, payments.scheduled_date) <= clock.as_of_date
                then {{ converted('payments.paid_amount', rate) }}
            else {{ money('0') }}
        end as paid_amount,
        {{ converted('payments.late_fee_amount', rate) }} as late_fee_amount
    from payments
    inner join clock on payments.scheduled_date <= clock.as_of_date
    left join rates
        on payments.currency = rates.currency and payments.scheduled_date = rates.rate_date
),

stated as (
    select
        converted.payment_id,
        converted.month_start_date,
        converted.account_natural_key,
        converted.customer_natural_key,
        converted.product_key,
        converted.scheduled_date,
        converted.paid_date,
        converted.settled_date,
        converted.scheduled_amount,
        converted.paid_amount,
        converted.late_fee_amount,
        coalesce(converted.paid_date > converted.scheduled_date, false) as is_after_due_date,
        coalesce(converted.settled_date > converted.scheduled_date, false) as is_paid_late,
        converted.settled_date is null and converted.scheduled_date < converted.as_of_date
            as is_missed
    from converted
)

select
    payment_id,
    month_start_date,
    account_natural_key,
    customer_natural_key,
    product_key,
    scheduled_date,
    paid_date,
    settled_date,
    is_paid_late,
    is_missed,
    scheduled_amount,
    paid_amount,
    {{ money('case when is_after_due_date then 0 else paid_amount end') }} as on_time_amount,
    {{ money('case when is_after_due_date then paid_amount else 0 end') }} as late_amount,
    {{ money('case when is_missed then scheduled_amount - paid_amount else 0 end') }}
        as missed_amount,
    {{ money(
        'case when not is_missed and scheduled_amount > paid_amount'
        ~ ' then scheduled_amount - paid_amount else 0 end'
    ) }}
        as underpaid_amount,
    {{ money(
        'case when paid_amount > scheduled_amount then paid_amount - scheduled_amount else 0 end'
    ) }}
        as overpaid_amount,
    late_fee_amount
from stated
