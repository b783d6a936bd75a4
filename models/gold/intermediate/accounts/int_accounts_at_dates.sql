{#-
    Accounts opened by the clock, and by twelve months before, as they were then.
    Grain: one row per position and account.
-#}
with dates as (
    select * from {{ ref('int_comparison_dates') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
    where not is_inferred
),

account_states as (
    select * from {{ ref('current_account') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
),

dated_rates as (
    select
        rates.currency,
        dates.position_name,
        rates.exchange_rate,
        row_number() over (
            partition by rates.currency, dates.position_name
            order by rates.rate_date desc nulls last
        ) as recency
    from {{ ref('int_daily_exchange_rates') }} as rates
    inner join dates on rates.rate_date <= dates.position_date
),

positions as (
    select
        dates.position_name,
        dates.position_date,
        accounts.account_natural_key,
        accounts.customer_natural_key,
        accounts.product_natural_key,
        accounts.account_status,
        accounts.open_date,
        accounts.currency,
        accounts.credit_limit_amount,
        accounts.is_autopay_enabled,
        -- without a movement and without a report nobody knows the balance; where movements do
        -- not tell it, the reported one is all that is known
        (
            account_states.first_movement_date is not null
            or account_states.reported_balance is not null
        )
        and (
            dates.is_newest
            or coalesce(account_states.balance_status <> 'not_rebuilt', true)
            or account_states.reported_date <= dates.position_date
        ) as is_balance_known,
        case
            when account_states.close_date is not null
                then account_states.close_date > dates.position_date
            else coalesce(accounts.account_status <> 'Closed', true)
        end as is_open
    from dates
    inner join accounts
        on
            -- without an opening date it was open before all that is known
            (accounts.open_date is null or dates.position_date >= accounts.open_date)
            and {{ version_at('accounts', 'dates') }}
    left join account_states
        on accounts.account_natural_key = account_states.account_natural_key
)

select
    positions.position_name,
    positions.position_date,
    positions.account_natural_key,
    positions.customer_natural_key,
    coalesce(positions.product_natural_key, -1) as product_natural_key,
    {{ known_text('products.product_name') }} as product_name,
    {{ known_text('products.product_category') }} as product_category,
    case
        when not positions.is_open then 'Closed'
        when positions.account_status in ('Active', 'Dormant') then positions.account_status
        else 'Unknown'
    end as account_status,
    positions.is_open,
    positions.is_autopay_enabled,
    {{ completed_months('positions.open_date', 'positions.position_date') }} as age_months,
    {{ converted(
        'positions.credit_limit_amount', reporting_rate('positions.currency', 'rates.exchange_rate')
    ) }} as credit_limit_amount,
    case
        when positions.is_open and positions.is_balance_known
            then snapshots.reporting_balance
    end as account_balance
from positions
left join products on positions.product_natural_key = products.product_natural_key
left join snapshots
    on
        positions.account_natural_key = snapshots.account_natural_key
        and positions.position_date = snapshots.snapshot_date
left join dated_rates as rates
    on
        positions.currency = rates.currency
        and positions.position_name = rates.position_name
        and rates.recency = 1
