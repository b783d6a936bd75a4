{#- How balances of open accounts are spread. Grain: one row per product category and bin. -#}
{%- set bins = 24 %}
with clock as (
    select * from {{ ref('data_clock') }}
),

accounts as {{ in_place() }}(
    select * from {{ ref('int_accounts_at_dates') }}
    where position_name = 'current' and account_balance is not null
),

numbers as (
    {%- for number in range(1, bins + 1) %}
    {% if not loop.first %}union all{% endif %}
    select {{ number }} as bin_number
    {%- endfor %}
),

categories as (
    select
        product_category,
        count(*) as category_account_count,
        {{ average_money('account_balance') }} as avg_balance,
        min(account_balance) as min_balance,
        {%- for percent in [1, 5, 10, 25, 50, 75, 90, 95, 99] %}
        {{ money(quantile(percent / 100, 'account_balance')) }} as p{{ percent }}_balance,
        {%- endfor %}
        max(account_balance) as max_balance
    from accounts
    group by product_category
),

edges as (
    -- edges are rounded to cents first and counted against afterwards: counts are of edges shown
    select
        categories.*,
        numbers.bin_number,
        {%- for edge, steps in [
            ('bin_lower', 'numbers.bin_number - 1'), ('bin_upper', 'numbers.bin_number')
        ] %}
        {{ money(
            'categories.p1_balance + '
            ~ ratio('(categories.p99_balance - categories.p1_balance) * (' ~ steps ~ ')', bins)
        ) }} as {{ edge }},
        {%- endfor %}
        categories.p1_balance = categories.p99_balance as is_single_bin
    from categories
    inner join numbers on numbers.bin_number = 1 or categories.p1_balance < categories.p99_balance
),

counted as (
    select
        edges.product_category,
        edges.bin_number,
        count(accounts.account_natural_key) as account_count
    from edges
    left join accounts
        on
            edges.product_category = accounts.product_category
            and (edges.bin_number = 1 or edges.bin_lower <= accounts.account_balance)
            and (
                edges.is_single_bin
                or edges.bin_number = {{ bins }}
                or edges.bin_upper > accounts.account_balance
            )
    group by edges.product_category, edges.bin_number
)

select
    edges.product_category,
    edges.bin_number,
    edges.bin_lower,
    edges.bin_upper,
    counted.account_count,
    {{ percentage('counted.account_count', 'edges.category_account_count') }} as pct_of_category,
    edges.category_account_count,
    edges.avg_balance,
    edges.min_balance,
    {%- for percent in [1, 5, 10, 25, 50, 75, 90, 95, 99] %}
    edges.p{{ percent }}_balance,
    {%- endfor %}
    edges.max_balance,
    {{ reporting_currency() }} as reporting_currency,
    cast(
        case when edges.is_single_bin then 'no_variation' else 'ok' end as {{ dbt.type_string() }}
    ) as status,
    clock.as_of_date
from edges
inner join counted
    on edges.product_category = counted.product_category and edges.bin_number = counted.bin_number
cross join clock
