{#-
    Accounts that each customer held at the end of a month.
    Grain: one row per customer and month.
-#}
{{ config(materialized='view') }}
with accounts as (
    select * from {{ ref('dim_account') }}
),

spans as (
    select * from {{ ref('int_account_spans') }}
),

months as (
    select * from {{ ref('int_covered_months') }}
)

select
    accounts.customer_natural_key,
    months.month_number as summary_month,
    count(*) as account_count,
    {{ count_if("accounts.account_status = 'Active'") }} as open_account_count,
    count(distinct coalesce(accounts.product_natural_key, -1)) as product_count
from accounts
inner join spans on accounts.account_natural_key = spans.account_natural_key
inner join months
    on
        spans.open_date <= months.last_known_date
        and accounts.valid_from <= {{ end_of_day('months.last_known_date') }}
        and accounts.valid_to > {{ end_of_day('months.last_known_date') }}
where
    accounts.customer_natural_key is not null
    and (spans.close_date is null or spans.close_date > months.last_known_date)
group by accounts.customer_natural_key, months.month_number
