{#-
    What a customer held when a month began: autopay, dormant accounts, savings and the gap
    between the market rate and ours. Grain: one row per customer and month.
-#}
with months as {{ in_place() }}(
    select * from {{ ref('int_feature_months') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
    where customer_natural_key is not null
),

account_states as (
    select * from {{ ref('current_account') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

first_versions as (
    {{ first_records(ref('stg_accounts'), 'account_id') }}
),

listed_rates as (
    select * from {{ ref('history_product_rates') }}
),

held as (
    -- the version of each account when the month began
    select
        accounts.customer_natural_key,
        accounts.is_autopay_enabled,
        accounts.account_status,
        accounts.product_natural_key,
        accounts.interest_rate,
        months.month_number,
        months.month_start_date,
        coalesce(first_versions.first_recorded_at < months.month_start_date, false) as is_recorded,
        coalesce(
            products.product_category = 'Deposit'
            and (
                lower(products.product_name) like '%saving%'
                or lower(products.product_name) like '%money market%'
            ), false
        ) as is_savings
    from accounts
    inner join months
        on
            accounts.valid_from < months.month_start_date
            and accounts.valid_to >= months.month_start_date
            and accounts.open_date < months.month_start_date
    left join account_states
        on accounts.account_natural_key = account_states.account_natural_key
    left join products on accounts.product_key = products.product_key
    left join first_versions on accounts.account_natural_key = first_versions.account_id
    where
        account_states.close_date is null
        or account_states.close_date >= months.month_start_date
),

our_rates as (
    -- the listed rate that was valid on the day the month began, once there was a list
    select
        months.month_number,
        listed_rates.product_natural_key,
        listed_rates.interest_rate
    from listed_rates
    inner join months
        on
            listed_rates.listed_at < {{ dbt.dateadd('day', 1, 'months.month_start_date') }}
            and listed_rates.valid_to >= {{ dbt.dateadd('day', 1, 'months.month_start_date') }}
),

market_rates as (
    -- as published when the month began
    select
        months.month_number,
        indicators.observed_value as federal_funds_rate
    from months
    {{ known_indicator('federal_funds_rate', 'months.month_start_date', 'indicators') }}
),

holdings as (
    select
        held.customer_natural_key,
        held.month_number,
        {{ count_if('held.is_autopay_enabled and held.is_recorded') }} as autopay_count,
        count(case when held.is_recorded then held.is_autopay_enabled end) as autopay_known_count,
        {{ count_if('held.is_savings') }} as savings_count,
        {{ count_if("held.account_status = 'Dormant' and held.is_recorded") }} as dormant_count,
        count(case when held.is_recorded then held.account_status end) as status_known_count,
        {{ count_if('not held.is_recorded') }} as unrecorded_count,
        100.0 * cast(
            max(case
                when held.is_savings and our_rates.interest_rate is not null
                    then our_rates.interest_rate
                when held.is_savings and held.is_recorded then held.interest_rate
            end) as {{ type_double() }}
        ) as savings_rate
    from held
    left join our_rates
        on
            held.product_natural_key = our_rates.product_natural_key
            and held.month_number = our_rates.month_number
    group by held.customer_natural_key, held.month_number
)

select
    holdings.customer_natural_key,
    holdings.month_number,
    -- an account whose state of then was never recorded may be the one
    case
        when holdings.unrecorded_count = 0 and holdings.autopay_known_count > 0
            then holdings.autopay_count > 0
    end as has_autopay_account,
    case
        when holdings.unrecorded_count = 0 and holdings.status_known_count > 0
            then holdings.dormant_count > 0
    end as has_dormant,
    holdings.savings_count > 0 as has_savings,
    market_rates.federal_funds_rate - holdings.savings_rate as rate_gap_rate
from holdings
left join market_rates on holdings.month_number = market_rates.month_number
