{#-
    What is usual for a customer: ninety days before the last two. Grain: one row per customer.
-#}
with clock as (
    select * from {{ ref('int_realtime_clock') }}
),

transactions as (
    select
        facts.transaction_id,
        facts.customer_natural_key,
        facts.transaction_date,
        cast(abs(facts.reporting_amount) as {{ type_double() }}) as amount
    from {{ ref('fact_transactions') }} as facts
    inner join clock
        on
            facts.transaction_date < {{ add_days('clock.as_of_date', -2) }}
            and facts.transaction_date >= {{ add_days('clock.as_of_date', -92) }}
    where facts.customer_natural_key is not null
),

sums as (
    select
        customer_natural_key,
        count(*) as transaction_count,
        count(amount) as priced_count,
        {{ double_sum('amount', 6) }} as amount_sum,
        {{ double_sum('amount * amount', 6) }} as square_sum
    from transactions
    group by customer_natural_key
)

select
    customer_natural_key,
    transaction_count,
    transaction_count / cast(90 as {{ type_double() }}) as daily_mean_count,
    {{ money(ratio('amount_sum', 'priced_count')) }} as mean_amount,
    case
        when priced_count > 1 and square_sum > amount_sum * amount_sum / priced_count
            then {{ money(
                'sqrt((square_sum - amount_sum * amount_sum / priced_count) / (priced_count - 1))'
            ) }}
        when priced_count > 1 then {{ money('0') }}
    end as deviation_amount
from sums
