{#-
    Customers at month ends whose outcome is known: features, and whether they left in the
    months after. Grain: one row per customer and month end.
-#}
{%- set horizon = var('churn_horizon_months') | int %}
with features as (
    select * from {{ ref('features_customer') }}
),

months as (
    select * from {{ ref('int_feature_months') }}
),

leavers as (
    select * from {{ ref('int_customer_leavers') }}
),

closed as (
    -- outcomes of complete months only; cuts as far apart as outcomes look ahead, at most a quarter
    select cut_date
    from (
        select
            cuts.cut_date,
            row_number() over (order by cuts.cut_date desc nulls last) as recency
        from months as cuts
        inner join months as ends
            on ends.cut_date = {{ month_end(add_months('cuts.cut_date', horizon)) }}
    ) as numbered
    where mod(recency - 1, {{ [horizon, 3] | min }}) = 0
)

select
    features.*,
    coalesce(
        leavers.left_date > features.cut_date
        and leavers.left_date <= {{ month_end(add_months('features.cut_date', horizon)) }}, false
    ) as is_event
from features
inner join closed on features.cut_date = closed.cut_date
left join leavers on features.customer_natural_key = leavers.customer_natural_key
