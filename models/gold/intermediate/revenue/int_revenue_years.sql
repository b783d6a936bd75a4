{#-
    Revenue of each month beside that of the same month a year before. Grain: one row per
    month, product and segment.
-#}
{%- set double = type_double() %}
with revenue as {{ in_place() }}(
    select * from {{ ref('int_revenue_month') }}
),

dated as (
    select
        month_start_date,
        {{ add_months('month_start_date', 12) }} as next_year_date,
        product_key,
        customer_segment,
        account_count,
        is_refuted,
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
)

select
    cells.month_start_date,
    cells.product_key,
    cells.customer_segment,
    previous_months.month_start_date is not null as has_previous_year,
    coalesce(this_year.account_count, 0) as account_count,
    coalesce(last_year.account_count, 0) as previous_account_count,
    coalesce(this_year.is_refuted, false) as is_refuted,
    coalesce(last_year.is_refuted, false) as is_previous_refuted,
    -- a sum of what is known would be another number
    case
        when not coalesce(this_year.is_refuted, false) then coalesce(this_year.interest_amount, 0)
    end as interest_amount,
    coalesce(this_year.fee_amount, 0) as fee_amount,
    case
        when not coalesce(this_year.is_refuted, false) then coalesce(this_year.revenue_amount, 0)
    end as revenue_amount,
    case
        when not coalesce(last_year.is_refuted, false) then coalesce(last_year.revenue_amount, 0)
    end as previous_revenue_amount,
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
