{#- Balance of each account before its first known movement. Grain: one row per account. -#}
with accounts as (
    select
        versions.*,
        row_number() over (
            partition by versions.account_id order by versions.updated_at desc nulls last
        ) as recency
    from {{ ref('stg_accounts') }} as versions
),

clock as (
    select * from {{ ref('data_clock') }}
),

movements as (
    -- the reported balance contains what had happened when it was loaded
    select
        accounts.account_id,
        sum(case
            when transactions.transaction_at <= accounts._loaded_at
                then transactions.transaction_amount
        end) as movement_amount,
        min(transactions.transaction_date) as first_movement_date,
        max(transactions.transaction_date) as last_movement_date
    from accounts
    inner join {{ ref('stg_transactions') }} as transactions
        on accounts.account_id = transactions.account_id
    where accounts.recency = 1 and not transactions.is_declined
    group by accounts.account_id
)

select
    accounts.account_id,
    movements.first_movement_date,
    movements.last_movement_date,
    case
        -- opened inside the span of the feed: its whole history is here
        when
            movements.first_movement_date is not null
            and accounts.open_date >= clock.first_transaction_date
            then {{ money('0') }}
        -- the bank reports no balance: movements are all there is to know
        when accounts.reported_balance is null then {{ money('0') }}
        else {{ money('accounts.reported_balance - coalesce(movements.movement_amount, 0)') }}
    end as opening_balance
from accounts
cross join clock
left join movements on accounts.account_id = movements.account_id
where accounts.recency = 1
