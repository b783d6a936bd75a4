{#- What balances and monthly summaries are made from, as parts of `month_fingerprints`; cumulative, as a balance is. -#}
{% macro account_fingerprint_parts() -%}
    {%- set first_month = '(select min(month_number) from ' ~ ref('int_months') ~ ')' -%}
    {%- set clipped = "greatest({month}, " ~ first_month ~ ")" -%}
    {{ return([
        {
            'relation': ref('fact_transactions'), 'month': clipped.replace('{month}', 'transaction_month'), 'is_cumulative': true,
            'measures': ['1', '_batch_id', 'cast(coalesce(exchange_rate, 0) * 100000000 as decimal(38, 0))'],
        },
        {
            'relation': ref('dim_account'), 'month': clipped.replace('{month}', month_number('valid_from')),
            'is_cumulative': true, 'measures': ['1', 'coalesce(_batch_id, 0)'],
        },
        {
            'relation': ref('dim_account'), 'where': 'is_current', 'is_cumulative': true,
            'month': clipped.replace('{month}', 'coalesce(' ~ month_number('open_date') ~ ', 190001)'),
            'measures': ['1', date_key('open_date')],
        },
        {
            'relation': ref('int_account_spans'), 'is_cumulative': true,
            'month': clipped.replace('{month}', 'coalesce(' ~ month_number('open_date') ~ ', 190001)'),
            'measures': ['1', date_key('open_date'), 'cast(opening_balance * 100 as decimal(38, 0))'],
        },
        {
            'relation': ref('int_account_spans'), 'where': 'close_date is not null', 'is_cumulative': true,
            'month': clipped.replace('{month}', month_number('close_date')), 'measures': ['1', date_key('close_date')],
        },
        {
            'relation': ref('int_daily_exchange_rates'), 'is_cumulative': true,
            'month': clipped.replace('{month}', month_number('rate_date')),
            'measures': ['1', 'cast(exchange_rate * 100000000 as decimal(38, 0))'],
        },
        customer_fingerprint_part(),
    ]) }}
{%- endmacro %}


{#- Versions of customers by the month they open. -#}
{% macro customer_fingerprint_part() -%}
    {{ return({
        'relation': ref('dim_customer'), 'is_cumulative': true,
        'month': 'greatest(' ~ month_number('valid_from') ~ ', (select min(month_number) from ' ~ ref('int_months') ~ '))',
        'measures': ['1', 'coalesce(_batch_id, 0)'],
    }) }}
{%- endmacro %}
