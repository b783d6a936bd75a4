{#-
    Transactions month by month, no month missing, with the change on a month and a year before.
    Grain: one row per month.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as {{ in_place() }}(
    select * from {{ ref('fact_transactions') }}
),

months as (
    select
        months.month_number,
        months.month_start_date,
        months.month_end_date,
        months.last_known_date
    from {{ ref('int_covered_months') }} as months
    inner join clock on months.month_end_date >= clock.first_transaction_date
),

labels as (
    select count(transactions.is_fraud) as labelled_count
    from transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
),

monthly as (
    select
        transactions.transaction_month,
        count(*) as transaction_count,
        {{ count_if('not transactions.is_declined') }} as posted_count,
        {{ count_if('not transactions.is_declined and transactions.posted_amount is not null') }}
            as priced_count,
        {{ count_if('transactions.is_fraud') }} as fraud_count,
        sum(abs(transactions.posted_amount)) as volume,
        count(distinct case
            when not transactions.is_declined then transactions.customer_natural_key
        end)
            as active_customers
    from transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
    group by transactions.transaction_month
),

dense as (
    select
        months.month_start_date,
        {{ year_month('months.month_start_date') }} as year_month,
        cast(extract(year from months.month_start_date) as integer) as year_number,
        cast(extract(month from months.month_start_date) as integer) as month_number,
        months.last_known_date < months.month_end_date as is_partial_month,
        coalesce(monthly.transaction_count, 0) as transaction_count,
        coalesce(monthly.posted_count, 0) as posted_count,
        coalesce(monthly.priced_count, 0) as priced_count,
        case when labels.labelled_count > 0 then coalesce(monthly.fraud_count, 0) end
            as fraud_count,
        {{ money('coalesce(monthly.volume, 0)') }} as volume,
        coalesce(monthly.active_customers, 0) as active_customers
    from months
    cross join labels
    left join monthly on months.month_number = monthly.transaction_month
),

compared as (
    select
        dense.*,
        lag(volume, 1) over (order by month_start_date nulls last) as month_before_volume,
        lag(volume, 12) over (order by month_start_date nulls last) as year_before_volume,
        lag(transaction_count, 1) over (order by month_start_date nulls last) as month_before_count,
        lag(transaction_count, 12) over (order by month_start_date nulls last) as year_before_count
    from dense
)

select
    compared.year_number as year,
    compared.month_number as month,
    {{ month_name('compared.month_number') }} as month_name,
    compared.year_month,
    compared.month_start_date,
    compared.transaction_count,
    compared.posted_count,
    compared.volume,
    {{ money(ratio('compared.volume', 'compared.priced_count')) }} as avg_amount,
    compared.active_customers,
    compared.fraud_count,
    {{ percentage('compared.fraud_count', 'compared.transaction_count') }} as fraud_rate_pct,
    {%- for change, value, before in [
        ('mom_change_pct', 'volume', 'month_before_volume'),
        ('yoy_change_pct', 'volume', 'year_before_volume'),
        ('transaction_count_mom_change_pct', 'transaction_count', 'month_before_count'),
        ('transaction_count_yoy_change_pct', 'transaction_count', 'year_before_count'),
    ] %}
    case
        when not compared.is_partial_month
            then {{ change_pct('compared.' ~ value, 'compared.' ~ before) }}
    end as {{ change }},
    {%- endfor %}
    compared.is_partial_month,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('compared.transaction_count > 0') }} as status,
    clock.as_of_date
from compared
cross join clock
