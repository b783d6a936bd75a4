{#-
    Loan instalments due, paid, late and missed, and how loans moved between delinquency buckets.
    Grain: one row per month and product.
-#}
{%- set buckets = {
    'current': 'current', '1_29': '1-29', '30_59': '30-59', '60_89': '60-89', '90_plus': '90+'
} %}
{%- set names = buckets.keys() | list %}
{%- set amounts = [
    'scheduled_amount', 'paid_amount', 'on_time_amount', 'late_amount', 'missed_amount',
    'underpaid_amount',
    'overpaid_amount', 'late_fee_amount'
] %}
with clock as (
    select * from {{ ref('data_clock') }}
),

instalments as (
    select * from {{ ref('int_instalments') }}
),

loan_months as (
    select * from {{ ref('int_loan_month') }}
    where previous_bucket is not null and not is_partial_month
),

products as (
    select * from {{ ref('dim_product') }}
),

paid as (
    select
        month_start_date,
        product_key,
        {%- for amount in amounts %}
        {{ money('coalesce(sum(' ~ amount ~ '), 0)') }} as {{ amount }},
        {%- endfor %}
        count(*) as payment_count,
        {{ count_if('is_paid_late') }} as late_count,
        {{ count_if('is_missed') }} as missed_count
    from instalments
    group by month_start_date, product_key
),

rolled as (
    select
        month_start_date,
        {%- for left_name, left_bucket in buckets.items() %}
        {%- for name, bucket in buckets.items() %}
        {{ count_if(
            "previous_bucket = '" ~ left_bucket ~ "' and delinquency_bucket = '" ~ bucket ~ "'"
        ) }} as roll_{{ left_name }}_to_{{ name }}_count,
        {%- endfor %}
        {%- endfor %}
        product_key
    from loan_months
    group by month_start_date, product_key
),

cells as (
    select
        month_start_date,
        product_key
    from paid
    union
    select
        month_start_date,
        product_key
    from rolled
),

joined as (
    select
        cells.month_start_date,
        {{ known_text('products.product_name') }} as product_name,
        coalesce(products.product_natural_key, -1) as product_natural_key,
        {%- for amount in amounts %}
        {{ money('coalesce(paid.' ~ amount ~ ', 0)') }} as {{ amount }},
        {%- endfor %}
        {%- for left_name in names %}
        {%- for name in names %}
        coalesce(rolled.roll_{{ left_name }}_to_{{ name }}_count, 0)
            as roll_{{ left_name }}_to_{{ name }}_count,
        {%- endfor %}
        {%- endfor %}
        coalesce(paid.payment_count, 0) as payment_count,
        coalesce(paid.late_count, 0) as late_count,
        coalesce(paid.missed_count, 0) as missed_count
    from cells
    left join paid
        on cells.month_start_date = paid.month_start_date and cells.product_key = paid.product_key
    left join rolled
        on
            cells.month_start_date = rolled.month_start_date
            and cells.product_key = rolled.product_key
    left join products on cells.product_key = products.product_key
)

select
    {{ year_month('joined.month_start_date') }} as year_month,
    joined.month_start_date,
    joined.product_natural_key,
    joined.product_name,
    joined.payment_count,
    joined.late_count,
    joined.missed_count,
    {{ percentage('joined.late_count', 'joined.payment_count') }} as late_rate_pct,
    {{ percentage('joined.missed_count', 'joined.payment_count') }} as missed_rate_pct,
    {%- for amount in amounts %}
    joined.{{ amount }},
    {%- endfor %}
    {%- for left_name in names %}
    {%- for name in names %}
    joined.roll_{{ left_name }}_to_{{ name }}_count,
    {%- endfor %}
    {%- endfor %}
    {%- for left_name in names[:-1] %}
    {%- set all_moves = [] %}
    {%- for name in names %}
    {%- do all_moves.append('joined.roll_' ~ left_name ~ '_to_' ~ name ~ '_count') %}
    {%- endfor %}
    {{ percentage(all_moves[loop.index:] | join(' + '), all_moves | join(' + ')) }}
        as roll_forward_{{ left_name }}_pct,
    {%- endfor %}
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('joined.payment_count > 0') }} as status,
    clock.as_of_date
from joined
cross join clock
