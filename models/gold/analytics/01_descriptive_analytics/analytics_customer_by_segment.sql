{#- Customers at the clock by segment. Grain: one row per segment. -#}
with clock as (
    select * from {{ ref('data_clock') }}
),

customers as (
    select * from {{ ref('int_customers_at_dates') }}
    where position_name = 'current'
),

segments as (
    select
        customer_segment,
        count(*) as customer_count,
        {{ count_if('is_active') }} as active_customer_count,
        {{ average_money('customer_lifetime_value_amount') }} as avg_clv,
        {{ money('sum(customer_lifetime_value_amount)') }} as total_clv_amount,
        {{ average_money('annual_income_amount') }} as avg_income,
        {{ average('credit_score') }} as avg_credit_score,
        {{ average('tenure_months') }} as avg_tenure_months
    from customers
    group by customer_segment
)

select
    segments.customer_segment,
    segments.customer_count,
    segments.active_customer_count,
    {{ percentage('segments.customer_count', 'sum(segments.customer_count) over ()') }}
        as pct_of_total,
    segments.avg_clv,
    segments.total_clv_amount,
    segments.avg_income,
    segments.avg_credit_score,
    segments.avg_tenure_months,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('segments.customer_count > 0') }} as status,
    clock.as_of_date
from segments
cross join clock
