{#- What each product holds, earns and reaches. Grain: one row per product. -#}
with clock as (
    select * from {{ ref('data_clock') }}
),

accounts as {{ in_place() }}(
    select * from {{ ref('int_accounts_at_dates') }}
),

customers as {{ in_place() }}(
    select * from {{ ref('int_customers_at_dates') }}
    where position_name = 'current'
),

revenue as (
    select * from {{ ref('int_product_revenue') }}
),

base as (
    select count(*) as total_customers
    from customers
),

history as (
    -- twelve months ago nothing is known of where no account is as old as that
    select {{ count_if("position_name = 'previous'") }} as previous_total_count
    from accounts
),

listed as (
    select
        product_key,
        product_natural_key,
        {{ known_text('product_name') }} as product_name,
        {{ known_text('product_category') }} as product_category
    from {{ ref('dim_product') }}
),

holdings as (
    select
        accounts.product_natural_key,
        {{ count_if("accounts.position_name = 'current'") }} as account_count,
        {{ count_if("accounts.position_name = 'current' and accounts.account_status = 'Active'") }}
            as active_account_count,
        count(distinct case
            when accounts.position_name = 'current' then accounts.customer_natural_key
        end)
            as unique_customers,
        count(distinct case
            when accounts.position_name = 'current' then customers.customer_natural_key
        end)
            as holding_customers,
        {{ money(
            "sum(case when accounts.position_name = 'current' then accounts.account_balance end)"
        ) }} as balance,
        {{ average_money(
            "case when accounts.position_name = 'current' then accounts.account_balance end"
        ) }}
            as avg_balance,
        {{ count_if("accounts.position_name = 'previous'") }} as previous_account_count
    from accounts
    left join customers on accounts.customer_natural_key = customers.customer_natural_key
    where accounts.is_open
    group by accounts.product_natural_key
),

joined as (
    select
        listed.product_natural_key,
        listed.product_name,
        listed.product_category,
        coalesce(holdings.account_count, 0) as account_count,
        coalesce(holdings.active_account_count, 0) as active_account_count,
        coalesce(holdings.unique_customers, 0) as unique_customers,
        coalesce(holdings.holding_customers, 0) as holding_customers,
        holdings.balance,
        holdings.avg_balance,
        {{ too_many_refuted('revenue.refuted_month_count', 'revenue.owed_month_count') }}
            as is_refuted,
        case
            when revenue.interest_revenue_amount is not null then revenue.interest_revenue_amount
            when coalesce(revenue.owed_month_count, 0) > 0 then null
            when coalesce(revenue.refuted_month_count, 0) > 0 then null
            -- nobody owes: the bank earns no interest on it, unless it does not know the balances
            when
                coalesce(holdings.account_count, 0) = 0
                or listed.product_category in ('Deposit', 'Investment')
                or (listed.product_category in ('Credit', 'Loan') and holdings.balance is not null)
                then {{ money('0') }}
        end as interest_revenue_amount,
        {{ money('coalesce(revenue.fee_revenue_amount, 0)') }} as fee_revenue_amount,
        revenue.product_key is not null as has_revenue,
        case
            when history.previous_total_count > 0 then coalesce(holdings.previous_account_count, 0)
        end as previous_account_count
    from listed
    cross join history
    left join holdings on listed.product_natural_key = holdings.product_natural_key
    left join revenue on listed.product_key = revenue.product_key
)

select
    joined.product_natural_key,
    joined.product_name,
    joined.product_category,
    joined.account_count,
    joined.active_account_count,
    joined.unique_customers,
    joined.balance,
    joined.avg_balance,
    joined.interest_revenue_amount,
    cast(
        case
            when joined.interest_revenue_amount is not null then 'ok'
            when joined.is_refuted then 'balances_refuted'
            else 'not_known'
        end as {{ dbt.type_string() }}
    ) as interest_status,
    joined.fee_revenue_amount,
    {{ money('joined.interest_revenue_amount + joined.fee_revenue_amount') }} as revenue_amount,
    {{ percentage('joined.holding_customers', 'base.total_customers') }} as penetration_pct,
    joined.previous_account_count,
    {{ change_pct('joined.account_count', 'joined.previous_account_count') }}
        as account_count_change_pct,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('joined.account_count > 0') }} as status,
    clock.transaction_end_date as window_end_date,
    clock.as_of_date
from joined
cross join base
cross join clock
where joined.product_natural_key <> -1 or joined.account_count > 0 or joined.has_revenue
