{#-
    Where customers spend, how loyally and how concentrated.
    Grain: one row per merchant category group, category, region and segment.
-#}
{%- set cell = ['merchant_category_group', 'merchant_category', 'region', 'customer_segment'] %}
with clock as (
    select * from {{ ref('data_clock') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

customers as (
    select
        {{ cell | join(', ') }},
        customer_natural_key,
        count(*) as purchase_count,
        sum(spend_amount) as spend_amount
    from purchases
    group by {{ cell | join(', ') }}, customer_natural_key
),

merchants as (
    select
        {{ cell | join(', ') }},
        merchant_key,
        sum(spend_amount) as spend_amount
    from purchases
    where merchant_key <> {{ unknown_key() }} and spend_amount > 0
    group by {{ cell | join(', ') }}, merchant_key
),

ranked as (
    select
        merchants.*,
        row_number() over (
            partition by {{ cell | join(', ') }}
            order by spend_amount desc nulls last, merchant_key asc nulls last
        ) as merchant_rank
    from merchants
),

concentration as (
    select
        {{ cell | join(', ') }},
        count(*) as merchant_count,
        {{ money('sum(spend_amount)') }} as merchant_spend_amount,
        {{ double_sum(
            'cast(spend_amount as ' ~ type_double() ~ ') * cast(spend_amount as '
            ~ type_double() ~ ')', places=4
        ) }} as squared_amount,
        {{ money_if('merchant_rank <= 10', 'spend_amount') }} as top_10_amount
    from ranked
    group by {{ cell | join(', ') }}
),

cells as (
    select
        {{ cell | join(', ') }},
        count(customer_natural_key) as customer_count,
        cast(sum(purchase_count) as bigint) as purchase_count,
        {{ money('coalesce(sum(spend_amount), 0)') }} as spend_amount,
        {{ count_if('purchase_count > 1 and customer_natural_key is not null') }}
            as repeat_customer_count
    from customers
    group by {{ cell | join(', ') }}
),

shares as (
    select
        cells.*,
        {{ percentage('spend_amount', 'sum(spend_amount) over ()') }} as pct_of_total,
        {{ percentage(
            'spend_amount', 'sum(spend_amount) over (partition by region, customer_segment)'
        ) }} as pct_of_basket,
        {{ percentage(
            'sum(spend_amount) over (partition by merchant_category_group, merchant_category)',
            'sum(spend_amount) over ()'
        ) }} as category_pct,
        customer_count >= {{ var('minimum_sample_count') }} as is_measurable
    from cells
)

select
    {%- for column in cell %}
    {{ known_text('shares.' ~ column) }} as {{ column }},
    {%- endfor %}
    coalesce(shares.customer_count, 0) as customer_count,
    coalesce(shares.purchase_count, 0) as purchase_count,
    coalesce(shares.spend_amount, {{ money('0') }}) as spend_amount,
    {{ money(ratio('shares.spend_amount', 'shares.purchase_count')) }} as avg_purchase_amount,
    shares.pct_of_total,
    shares.pct_of_basket,
    {{ percentage('shares.pct_of_basket', 'shares.category_pct') }} as affinity_index,
    coalesce(shares.repeat_customer_count, 0) as repeat_customer_count,
    case
        when shares.is_measurable
            then {{ percentage('shares.repeat_customer_count', 'shares.customer_count') }}
    end as repeat_rate_pct,
    case
        when shares.is_measurable
            then {{ wilson_lower('shares.repeat_customer_count', 'shares.customer_count') }}
    end as repeat_rate_pct_lower,
    case
        when shares.is_measurable
            then {{ wilson_upper('shares.repeat_customer_count', 'shares.customer_count') }}
    end as repeat_rate_pct_upper,
    coalesce(concentration.merchant_count, 0) as merchant_count,
    coalesce(concentration.merchant_spend_amount, {{ money('0') }}) as merchant_spend_amount,
    {{ ratio(
        'concentration.squared_amount',
        'cast(concentration.merchant_spend_amount as ' ~ type_double() ~ ')'
        ~ ' * cast(concentration.merchant_spend_amount as ' ~ type_double() ~ ')'
    ) }} as herfindahl_index,
    {{ percentage('concentration.top_10_amount', 'concentration.merchant_spend_amount') }}
        as top_10_pct,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('shares.is_measurable') }} as status,
    clock.as_of_date
from clock
left join shares on 1 = 1  -- one empty row where nobody bought anything
left join concentration
    on
        shares.merchant_category_group = concentration.merchant_category_group
        and shares.merchant_category = concentration.merchant_category
        and shares.region = concentration.region
        and shares.customer_segment = concentration.customer_segment
