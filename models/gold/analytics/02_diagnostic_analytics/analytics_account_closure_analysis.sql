{#-
    Which accounts were closed, with which stated reason and out of which state.
    Grain: one row per product, stated reason and prior state.
-#}
{%- set text = dbt.type_string() %}
{%- set states = ['complaint', 'fee', 'past due', 'dormant', 'active', 'unknown'] %}
with clock as (
    select * from {{ ref('data_clock') }}
),

closures as (
    select * from {{ ref('int_account_closures') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
    where is_current and account_key <> {{ unknown_key() }}
),

products as (
    select * from {{ ref('dim_product') }}
),

sizes as (
    select
        coalesce(product_natural_key, -1) as product_natural_key,
        cast(count(*) as bigint) as product_account_count
    from accounts
    group by coalesce(product_natural_key, -1)
),

counted as (
    select
        product_natural_key,
        stated_reason,
        prior_state,
        cast(count(*) as bigint) as closed_count,
        cast(count(distinct customer_natural_key) as bigint) as customer_count,
        {{ count_if('is_last_account') }} as left_bank_count,
        cast(count(balance_before_amount) as bigint) as known_balance_count,
        {{ money_if('balance_before_amount > 0', 'balance_before_amount') }} as lost_balance,
        {{ money_if('balance_before_amount < 0', '-balance_before_amount') }} as repaid_balance,
        {{ average('tenure_months') }} as avg_tenure_months,
        {{ quantile(0.5, 'tenure_months') }} as median_tenure_months
    from closures
    group by product_natural_key, stated_reason, prior_state
)

select
    coalesce(counted.product_natural_key, -1) as product_natural_key,
    {{ known_text('products.product_name') }} as product_name,
    {{ known_text('products.product_category') }} as product_category,
    coalesce(counted.stated_reason, cast('none' as {{ text }})) as stated_reason,
    coalesce(counted.prior_state, cast('none' as {{ text }})) as prior_state,
    cast(
        case counted.prior_state
            {%- for state in states %}
            when '{{ state }}' then {{ loop.index }}
            {%- endfor %}
        end as integer
    ) as prior_state_number,
    coalesce(counted.closed_count, 0) as closed_count,
    {{ percentage('counted.closed_count', 'sum(counted.closed_count) over ()') }} as pct_of_total,
    sizes.product_account_count,
    {{ percentage('counted.closed_count', 'sizes.product_account_count') }} as closed_rate_pct,
    {{ wilson_lower('counted.closed_count', 'sizes.product_account_count') }}
        as closed_rate_pct_lower,
    {{ wilson_upper('counted.closed_count', 'sizes.product_account_count') }}
        as closed_rate_pct_upper,
    coalesce(counted.customer_count, 0) as customer_count,
    coalesce(counted.left_bank_count, 0) as left_bank_count,
    coalesce(counted.known_balance_count, 0) as known_balance_count,
    counted.lost_balance,
    counted.repaid_balance,
    counted.avg_tenure_months,
    counted.median_tenure_months,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('sizes.product_account_count >= 10') }} as status,
    clock.as_of_date
from clock
left join counted on 1 = 1  -- one empty row where no account was closed
left join sizes on counted.product_natural_key = sizes.product_natural_key
left join products
    on counted.product_natural_key = products.product_natural_key
