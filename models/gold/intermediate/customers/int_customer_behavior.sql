{#-
    Who each customer is, where, what they hold and how they pay, on the day of the clock.
    Grain: one row per customer.
-#}
with customers as (
    select * from {{ ref('int_customers_at_dates') }}
    where position_name = 'current'
),

places as (
    select * from {{ ref('int_customer_places') }}
),

habits as (
    select * from {{ ref('int_customer_habits') }}
),

balances as (
    select
        customer_natural_key,
        {{ money("sum(case when product_category = 'Deposit' then account_balance end)") }}
            as deposit_balance,
        sum(case
            when product_category = 'Credit' and credit_limit_amount > 0
                then greatest(-account_balance, 0)
        end) as owed_amount,
        sum(case
            when product_category = 'Credit' and credit_limit_amount > 0
                and account_balance is not null
                then credit_limit_amount
        end) as limit_amount
    from {{ ref('int_accounts_at_dates') }}
    where position_name = 'current' and is_open and customer_natural_key is not null
    group by customer_natural_key
),

instalments as (
    select
        payments.customer_natural_key,
        {{ ratio(count_if('payments.is_late'), 'count(payments.is_late)') }} as late_payment_rate
    from {{ ref('fact_loan_payments') }} as payments
    inner join {{ ref('data_clock') }} as clock on payments.scheduled_date <= clock.as_of_date
    group by payments.customer_natural_key
)

select
    customers.customer_natural_key,
    customers.customer_segment,
    places.state,
    places.county,
    places.latitude,
    places.longitude,
    customers.credit_score,
    customers.annual_income_amount,
    customers.tenure_months,
    balances.deposit_balance,
    {{ ratio('balances.owed_amount', 'balances.limit_amount') }} as card_utilisation_rate,
    instalments.late_payment_rate,
    coalesce(habits.purchase_count, 0) as purchase_count,
    habits.monthly_purchase_count,
    habits.spend_amount,
    habits.average_purchase_amount,
    habits.purchase_size_index,
    habits.online_rate,
    habits.mobile_rate,
    habits.digital_rate,
    habits.branch_rate,
    habits.cash_rate,
    habits.international_rate,
    habits.morning_rate,
    habits.evening_rate,
    habits.essentials_rate,
    habits.dining_rate,
    habits.travel_rate,
    habits.digital_goods_rate
from customers
left join places on customers.customer_natural_key = places.customer_natural_key
left join habits on customers.customer_natural_key = habits.customer_natural_key
left join balances on customers.customer_natural_key = balances.customer_natural_key
left join instalments on customers.customer_natural_key = instalments.customer_natural_key
