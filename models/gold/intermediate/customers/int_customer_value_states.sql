{#-
    What was known of each customer with the bank at a cut, and what the next year brought.
    Grain: one row per cut and customer.
-#}
{%- set double = type_double() %}
with cuts as (
    select * from {{ ref('int_value_cuts') }}
),

clock as (
    select * from {{ ref('data_clock') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    where customer_key <> {{ unknown_key() }} and not is_inferred
),

leavers as (
    select * from {{ ref('int_customer_leavers') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
    where customer_natural_key is not null
),

margins as (
    select * from {{ ref('int_customer_margins') }}
),

-- with the bank at the end of the day of the cut
present as (
    select
        cuts.cut_name,
        cuts.cut_date,
        cuts.year_before_date,
        cuts.year_after_date,
        cuts.is_year_after_known,
        customers.customer_natural_key,
        {{ known_text('customers.customer_segment') }} as customer_segment,
        leavers.left_date,
        greatest(customers.signup_date, clock.first_transaction_date) as start_date
    from cuts
    cross join clock
    inner join customers
        on
            {{ end_of_day('cuts.cut_date') }} >= customers.valid_from
            and {{ end_of_day('cuts.cut_date') }} < customers.valid_to
    left join leavers on customers.customer_natural_key = leavers.customer_natural_key
    where
        coalesce(customers.is_active, true)
        and (customers.signup_date is null or customers.signup_date <= cuts.cut_date)
        and (leavers.left_date is null or leavers.left_date > cuts.cut_date)
),

bought as (
    select
        cuts.cut_name,
        purchases.customer_natural_key,
        count(*) as purchase_count,
        max(purchases.transaction_date) as last_purchase_date,
        sum(purchases.spend_amount) as purchase_amount,
        count(case when purchases.spend_amount > 0 then 1 end) as priced_count
    from purchases
    inner join cuts on purchases.transaction_date <= cuts.cut_date
    group by cuts.cut_name, purchases.customer_natural_key
),

earned as (
    select
        cuts.cut_name,
        margins.customer_natural_key,
        {{ count_if('margins.month_end_date <= cuts.cut_date') }} as margin_month_count,
        sum(case when margins.month_end_date <= cuts.cut_date then margins.margin_amount end)
            as margin_amount,
        {{ count_if(
            'margins.month_end_date > cuts.quarter_before_date'
            ~ ' and margins.month_end_date <= cuts.cut_date'
        ) }} as recent_month_count,
        sum(case
            when
                margins.month_end_date > cuts.quarter_before_date
                and margins.month_end_date <= cuts.cut_date
                then margins.margin_amount - margins.interchange_amount
        end) as recent_other_margin_amount,
        sum(case when margins.month_end_date > cuts.cut_date then margins.purchase_count end)
            as later_purchase_count,
        sum(case when margins.month_end_date > cuts.cut_date then margins.interchange_amount end)
            as later_interchange_amount,
        sum(case when margins.month_end_date > cuts.cut_date then margins.margin_amount end)
            as later_margin_amount
    from margins
    inner join cuts
        on
            margins.month_end_date > cuts.year_before_date
            and margins.month_end_date <= cuts.year_after_date
    group by cuts.cut_name, margins.customer_natural_key
)

select
    present.cut_name,
    present.cut_date,
    present.customer_natural_key,
    present.customer_segment,
    {{ days_between('present.start_date', 'present.cut_date') }} + 1 as observed_days,
    coalesce(bought.purchase_count, 0) as purchase_count,
    case
        when bought.last_purchase_date is not null
            then {{ days_between('present.start_date', 'bought.last_purchase_date') }} + 1
    end as last_purchase_days,
    cast(bought.purchase_amount as {{ double }}) / nullif(bought.priced_count, 0)
        as mean_purchase_amount,
    coalesce(earned.margin_month_count, 0) as margin_month_count,
    {{ exact_money('coalesce(earned.margin_amount, 0)') }} as margin_amount,
    coalesce(earned.recent_month_count, 0) as recent_month_count,
    {{ exact_money('coalesce(earned.recent_other_margin_amount, 0)') }}
        as recent_other_margin_amount,
    case
        when present.is_year_after_known
            then cast(coalesce(earned.later_purchase_count, 0) as bigint)
    end as later_purchase_count,
    case
        when present.is_year_after_known
            then {{ exact_money('coalesce(earned.later_interchange_amount, 0)') }}
    end as later_interchange_amount,
    case
        when present.is_year_after_known
            then {{ exact_money('coalesce(earned.later_margin_amount, 0)') }}
    end as later_margin_amount,
    case
        when present.is_year_after_known
            then coalesce(present.left_date <= present.year_after_date, false)
    end as has_left
from present
left join bought
    on
        present.cut_name = bought.cut_name
        and present.customer_natural_key = bought.customer_natural_key
left join earned
    on
        present.cut_name = earned.cut_name
        and present.customer_natural_key = earned.customer_natural_key
where present.start_date <= present.cut_date
