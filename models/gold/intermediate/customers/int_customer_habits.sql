{#-
    How each customer pays, from the posted transactions of the last months.
    Grain: one row per customer with a transaction.
-#}
{%- set purchase = "is_purchase = 1" %}
{%- set shares = [
    ('online_rate', 'is_purchase', "channel = 'Online'"),
    ('mobile_rate', 'is_purchase', "channel = 'Mobile'"),
    ('digital_rate', 'is_purchase', "channel in ('Online', 'Mobile')"),
    ('branch_rate', 'is_service', "channel = 'Branch'"),
    ('cash_rate', 'is_outflow', "transaction_type = 'ATM Withdrawal'"),
    ('international_rate', 'is_purchase', 'is_international'),
    ('morning_rate', 'is_timed_purchase', 'hour_number between 6 and 11'),
    ('evening_rate', 'is_timed_purchase', 'hour_number >= 20'),
    ('essentials_rate', 'is_coded_purchase', mcc_is_essential('mcc_code')),
    ('dining_rate', 'is_coded_purchase', "mcc_code between '5811' and '5814'"),
    ('travel_rate', 'is_coded_purchase', mcc_is_travel('mcc_code')),
    ('digital_goods_rate', 'is_coded_purchase', "mcc_code between '5815' and '5818'"),
] %}
with clock as (
    select * from {{ ref('data_clock') }}
),

posted as (
    select
        transactions.customer_natural_key,
        transactions.transaction_date,
        transactions.transaction_type,
        transactions.channel,
        transactions.mcc_code,
        transactions.is_international,
        transactions.hour_number,
        transactions.posted_amount,
        case when {{ is_purchase('transactions') }} then 1 else 0 end as is_purchase,
        case
            when {{ is_purchase('transactions') }} and transactions.hour_number is not null then 1
            else 0
        end as is_timed_purchase,
        case
            when {{ is_purchase('transactions') }} and transactions.mcc_code is not null then 1
            else 0
        end as is_coded_purchase,
        case
            when transactions.transaction_type in ('Transfer', 'Deposit', 'Payment')
                and transactions.channel is not null and transactions.mcc_code is null
                then 1
            else 0
        end as is_service,
        case
            when transactions.transaction_type in ('Transfer', 'Payment', 'ATM Withdrawal') then 1
            else 0
        end as is_outflow
    from {{ ref('fact_transactions') }} as transactions
    inner join clock
        on
            transactions.transaction_date <= clock.transaction_end_date
            and transactions.transaction_date
            > {{ add_months('clock.transaction_end_date', '-' ~ var('behavior_months')) }}
    where not transactions.is_declined and not coalesce(transactions.is_fraud, false)
),

totals as (
    select
        customer_natural_key,
        {{ count_if(purchase) }} as purchase_count,
        min(case when is_purchase = 1 then transaction_date end) as first_purchase_date,
        max(case when is_purchase = 1 then transaction_date end) as last_purchase_date,
        {{ money('-sum(case when is_purchase = 1 then posted_amount end)') }} as spend_amount,
        {{ average_double(
            'case when is_purchase = 1 and posted_amount < 0 then ln(cast(-posted_amount as '
            ~ type_double() ~ ')) end'
        ) }} as purchase_size_index,
        {%- for name, base, condition in shares %}
        {{ ratio(count_if(base ~ ' = 1 and ' ~ condition), count_if(base ~ ' = 1')) }}
            as {{ name }},
        {%- endfor %}
        count(*) as posted_count
    from posted
    where customer_natural_key is not null
    group by customer_natural_key
)

select
    customer_natural_key,
    posted_count,
    purchase_count,
    -- the months between the first and the last purchase, a day at the least
    {{ ratio(
        'purchase_count * 30.4375',
        dbt.datediff('first_purchase_date', 'last_purchase_date', 'day') ~ ' + 1'
    ) }} as monthly_purchase_count,
    spend_amount,
    {{ money(ratio('spend_amount', 'purchase_count')) }} as average_purchase_amount,
    cast(purchase_size_index as {{ type_double() }}) as purchase_size_index,
    online_rate,
    mobile_rate,
    digital_rate,
    branch_rate,
    cash_rate,
    international_rate,
    morning_rate,
    evening_rate,
    essentials_rate,
    dining_rate,
    travel_rate,
    digital_goods_rate
from totals
