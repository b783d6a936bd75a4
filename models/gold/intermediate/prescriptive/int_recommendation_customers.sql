{#-
    Customers with what was known of them at month ends a horizon apart, the newest first. Grain:
    one row per customer and month end.
-#}
{%- set horizon = var('recommendation_horizon_months') | int %}
with months as (
    select * from {{ ref('int_feature_months') }}
),

features as (
    select * from {{ ref('features_customer') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
    where not is_declined and customer_natural_key is not null
),

numbered as (
    select
        cut_date,
        {{ add_months('cut_date', -12) }} as after_date,
        row_number() over (order by cut_date desc nulls last) as recency
    from months
),

cuts as (
    select
        cut_date,
        after_date,
        cast((recency - 1) / {{ horizon }} as integer) as cut_number
    from numbered
    where mod(recency - 1, {{ horizon }}) = 0
),

usage as (
    select
        transactions.customer_natural_key,
        cuts.cut_date,
        {{ count_if('transactions.is_international') }} as foreign_count,
        {{ count_if("lower(transactions.merchant_category_group) like '%travel%'") }}
            as travel_count
    from transactions
    inner join cuts
        on
            transactions.transaction_date > cuts.after_date
            and transactions.transaction_date <= cuts.cut_date
    group by transactions.customer_natural_key, cuts.cut_date
)

select
    features.customer_natural_key,
    features.cut_date,
    cuts.cut_number,
    {{ known_text('features.customer_segment') }} as customer_segment,
    features.employment_status,
    features.credit_score,
    features.annual_income_amount,
    features.dependent_count,
    features.home_ownership,
    features.tenure_days,
    features.login_days,
    features.has_savings,
    features.product_count,
    features.activity_index,
    features.recent_posted_count,
    features.recent_purchase_amount,
    coalesce(usage.foreign_count, 0) as foreign_count,
    coalesce(usage.travel_count, 0) as travel_count
from features
inner join cuts on features.cut_date = cuts.cut_date
left join usage
    on
        features.customer_natural_key = usage.customer_natural_key
        and features.cut_date = usage.cut_date
