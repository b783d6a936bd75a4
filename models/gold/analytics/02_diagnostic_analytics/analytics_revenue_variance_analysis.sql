{#-
    Revenue against the same month a year before, split exactly into volume, mix and price.
    Grain: one row per month, product and segment.
-#}
{%- set double = type_double() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

revenue as (
    select * from {{ ref('int_revenue_month') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

dated as (
    select
        month_start_date,
        {{ add_months('month_start_date', 12) }} as next_year_date,
        product_key,
        customer_segment,
        account_count,
        interest_amount,
        fee_amount,
        {{ money('interest_amount + fee_amount') }} as revenue_amount
    from revenue
),

months as (
    select
        month_start_date,
        {{ add_months('month_start_date', 12) }} as next_year_date,
        sum(account_count) as month_account_count
    from revenue
    group by month_start_date
),

cells as (
    select
        month_start_date,
        product_key,
        customer_segment
    from dated
    union
    -- what earned a year ago and does not any more
    select
        dated.next_year_date as month_start_date,
        dated.product_key,
        dated.customer_segment
    from dated
    inner join months on dated.next_year_date = months.month_start_date
),

compared as (
    select
        cells.month_start_date,
        cells.product_key,
        cells.customer_segment,
        previous_months.month_start_date is not null as has_previous_year,
        coalesce(this_year.account_count, 0) as account_count,
        coalesce(last_year.account_count, 0) as previous_account_count,
        coalesce(this_year.interest_amount, 0) as interest_amount,
        coalesce(this_year.fee_amount, 0) as fee_amount,
        coalesce(this_year.revenue_amount, 0) as revenue_amount,
        coalesce(last_year.revenue_amount, 0) as previous_revenue_amount,
        cast(months.month_account_count as {{ double }}) as bank_count,
        cast(previous_months.month_account_count as {{ double }}) as previous_bank_count
    from cells
    inner join months on cells.month_start_date = months.month_start_date
    left join months as previous_months
        on cells.month_start_date = previous_months.next_year_date
    left join dated as this_year
        on
            cells.month_start_date = this_year.month_start_date
            and cells.product_key = this_year.product_key
            and cells.customer_segment = this_year.customer_segment
    left join dated as last_year
        on
            cells.month_start_date = last_year.next_year_date
            and cells.product_key = last_year.product_key
            and cells.customer_segment = last_year.customer_segment
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
        has_previous_year and previous_bank_count > 0 as is_comparable,
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
