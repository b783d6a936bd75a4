{#-
    Scored transactions and frauds per score, of those whose label is old enough to be final.
    Grain: one row per score, in ten thousandths.
-#}
{#- A fraud is found out within so many days, nearly always. -#}
{%- set maturity_days = 60 %}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as {{ in_place() }}(
    select * from {{ ref('fact_transactions') }}
),

labelled as (
    select
        transactions.transaction_date,
        transactions.is_fraud,
        cast(round(cast(transactions.fraud_score as decimal(18, 8)), 4) as {{ type_double() }})
            as threshold_score,
        abs(coalesce(transactions.reporting_amount, 0)) as amount
    from transactions
    inner join clock
        on transactions.transaction_date <= {{ add_days('clock.as_of_date', -maturity_days) }}
    where transactions.is_fraud is not null and transactions.fraud_score is not null
)

select
    threshold_score,
    cast(count(*) as bigint) as transaction_count,
    {{ count_if('is_fraud') }} as fraud_count,
    {{ money_if('is_fraud', 'amount') }} as fraud_amount,
    min(transaction_date) as first_transaction_date,
    max(transaction_date) as last_transaction_date
from labelled
group by threshold_score
