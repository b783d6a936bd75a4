{#-
    Accounts of each cohort and product by age, and what the open ones hold and do.
    Grain: one row per opening cohort, product and age in months; each of the two also whole.
-#}
{%- set all_name = "cast('All' as " ~ dbt.type_string() ~ ")" %}
with ages as (
    select * from {{ ref('int_account_age_months') }}
),

-- every account counts for its cohort and for all cohorts, for its product and for all products
wholes as (
    select
        0 as is_every_cohort,
        0 as is_every_product
    union all
    select
        1 as is_every_cohort,
        0 as is_every_product
    union all
    select
        0 as is_every_cohort,
        1 as is_every_product
    union all
    select
        1 as is_every_cohort,
        1 as is_every_product
),

spread as (
    select
        case when wholes.is_every_cohort = 1 then {{ all_name }} else ages.cohort_name end
            as cohort_name,
        case when wholes.is_every_cohort = 0 then ages.cohort_start_date end as cohort_start_date,
        case when wholes.is_every_product = 1 then -2 else ages.product_natural_key end
            as product_natural_key,
        case when wholes.is_every_product = 1 then {{ all_name }} else ages.product_name end
            as product_name,
        case when wholes.is_every_product = 1 then {{ all_name }} else ages.product_category end
            as product_category,
        ages.age_month,
        ages.is_at_risk,
        ages.is_closed_now,
        ages.is_survivor,
        ages.closing_balance,
        ages.posted_count
    from ages
    cross join wholes
)

select
    cohort_name,
    cohort_start_date,
    product_natural_key,
    product_name,
    product_category,
    age_month,
    count(*) as observed_count,
    {{ count_if('is_survivor') }} as retained_count,
    {{ count_if('is_at_risk') }} as at_risk_count,
    {{ count_if('is_closed_now') }} as closed_count,
    count(closing_balance) as balance_count,
    {{ money('coalesce(sum(closing_balance), 0)') }} as total_balance,
    {{ ratio('sum(closing_balance)', 'count(closing_balance)') }} as mean_balance,
    -- to the millionth: the last digits of a sum of doubles depend on its order
    cast(
        cast(stddev_samp(cast(closing_balance as {{ type_double() }})) as decimal(28, 6))
        as {{ type_double() }}
    ) as deviation_amount,
    count(posted_count) as known_count,
    cast(coalesce(sum(posted_count), 0) as bigint) as transaction_count,
    {{ count_if('posted_count > 0') }} as active_count
from spread
group by
    cohort_name, cohort_start_date, product_natural_key, product_name, product_category,
    age_month
