{#-
    Revenue against the same month a year before, split exactly into volume, mix and price.
    Grain: one row per month, product and segment.
-#}
{%- set double = type_double() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

compared as (
    select * from {{ ref('int_revenue_years') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

priced as (
    -- a cell without accounts a year ago has no price of then: today's, so that all is mix
    select
        month_start_date,
        product_key,
        customer_segment,
        account_count,
        previous_account_count,
        interest_amount,
        fee_amount,
        revenue_amount,
        previous_revenue_amount,
        bank_count,
        previous_bank_count,
        has_previous_year and previous_bank_count > 0
        and not coalesce(is_refuted or is_previous_refuted, false) as is_comparable,
        coalesce(
            {{ ratio('previous_revenue_amount', 'previous_account_count') }},
            {{ ratio('revenue_amount', 'account_count') }},
            0
        ) as old_price
    from compared
),

split as (
    select
        month_start_date,
        product_key,
        customer_segment,
        account_count,
        previous_account_count,
        interest_amount,
        fee_amount,
        revenue_amount,
        previous_revenue_amount,
        is_comparable,
        case
            when is_comparable
                then {{ money(
                    '(bank_count - previous_bank_count) / previous_bank_count'
                    ~ ' * cast(previous_revenue_amount as ' ~ double ~ ')'
                ) }}
        end as volume_effect_amount,
        case
            when is_comparable
                then {{ money(
                    'cast(account_count as ' ~ double ~ ') * old_price'
                    ~ ' - bank_count / previous_bank_count'
                    ~ ' * cast(previous_revenue_amount as ' ~ double ~ ')'
                ) }}
        end as mix_effect_amount
    from priced
)

select
    split.month_start_date,
    {{ year_month('split.month_start_date') }} as year_month,
    coalesce(products.product_natural_key, -1) as product_natural_key,
    {{ known_text('products.product_name') }} as product_name,
    {{ known_text('products.product_category') }} as product_category,
    split.customer_segment,
    cast(split.account_count as bigint) as account_count,
    case when split.is_comparable then cast(split.previous_account_count as bigint) end
        as previous_account_count,
    {{ money('split.revenue_amount') }} as revenue_amount,
    case when split.is_comparable then {{ money('split.previous_revenue_amount') }} end
        as previous_revenue_amount,
    {{ money('split.interest_amount') }} as interest_amount,
    {{ money('split.fee_amount') }} as fee_amount,
    {{ money(ratio('split.revenue_amount', 'split.account_count')) }}
        as revenue_per_account_amount,
    case
        when split.is_comparable
            then {{ money(ratio('split.previous_revenue_amount', 'split.previous_account_count')) }}
    end as previous_revenue_per_account_amount,
    case
        when split.is_comparable
            then {{ money('split.revenue_amount - split.previous_revenue_amount') }}
    end as variance_amount,
    split.volume_effect_amount,
    split.mix_effect_amount,
    -- price takes what is left, the rounding of the other two with it: the parts always add up
    case
        when split.is_comparable
            then {{ money(
                'split.revenue_amount - split.previous_revenue_amount'
                ~ ' - split.volume_effect_amount - split.mix_effect_amount'
            ) }}
    end as price_effect_amount,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('split.is_comparable') }} as status,
    clock.as_of_date
from split
cross join clock
left join products on split.product_key = products.product_key
