{#-
    Daily series whose seasons are looked for, without gaps. Grain: one row per series and day.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

calendar as (
    select * from {{ ref('dim_date') }}
),

daily as (
    select
        transaction_date,
        {{ count_if('not is_declined') }} as transaction_count,
        {{ count_if(is_purchase('transactions')) }} as purchase_count,
        sum(case when {{ is_purchase('transactions') }} then -posted_amount end) as spend_amount,
        count(distinct case when not is_declined then customer_natural_key end) as customer_count
    from {{ ref('fact_transactions') }} as transactions
    group by transaction_date
),

days as (
    select
        calendar.full_date as observation_date,
        calendar.is_bank_holiday,
        calendar.holiday_name,
        daily.transaction_count,
        daily.purchase_count,
        daily.spend_amount,
        daily.customer_count
    from calendar
    inner join clock
        on
            calendar.full_date >= clock.first_transaction_date
            and calendar.full_date <= clock.transaction_end_date
    left join daily on calendar.full_date = daily.transaction_date
)

{%- for name, label, unit, column in [
    ('transactions', 'Posted transactions', 'transactions a day', 'transaction_count'),
    ('purchases', 'Purchases', 'purchases a day', 'purchase_count'),
    ('spending', 'Spending on purchases', var('reporting_currency') ~ ' a day', 'spend_amount'),
    ('active_customers', 'Customers with a transaction', 'customers a day', 'customer_count'),
] %}
{% if not loop.first %}
union all
{% endif %}
select
    cast('{{ name }}' as {{ dbt.type_string() }}) as series_name,
    cast('{{ label }}' as {{ dbt.type_string() }}) as series_label,
    cast('{{ unit }}' as {{ dbt.type_string() }}) as series_unit,
    days.observation_date,
    days.is_bank_holiday,
    days.holiday_name,
    cast(coalesce(days.{{ column }}, 0) as {{ type_double() }}) as observed_value
from days
{%- endfor %}
