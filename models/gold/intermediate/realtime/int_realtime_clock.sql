{#- The newest moment that is known: of the newest transaction up to the clock. Grain: one row. -#}
with clock as (
    select * from {{ ref('data_clock') }}
),

newest as (
    select max(transactions.transaction_at) as clock_at
    from {{ ref('fact_transactions') }} as transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
)

select
    newest.clock_at,
    clock.as_of_date
from clock
cross join newest
