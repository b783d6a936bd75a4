{#-
    Loans at month ends whose outcome is known: features, and whether they default in the twelve
    months after. Grain: one row per loan account and month end.
-#}
with features as (
    select * from {{ ref('features_loan') }}
),

months as (
    select * from {{ ref('int_feature_months') }}
),

first_defaults as (
    select
        account_natural_key,
        min({{ add_days('scheduled_date', 90) }}) as default_date
    from {{ ref('int_default_instalments') }}
    where is_event
    group by account_natural_key
),

closed as (
    -- a cut a quarter, counted back from the newest whose twelve months are complete
    select cut_date
    from (
        select
            cuts.cut_date,
            row_number() over (order by cuts.cut_date desc nulls last) as recency
        from months as cuts
        inner join months as ends
            on ends.cut_date = {{ month_end(add_months('cuts.cut_date', 12)) }}
    ) as numbered
    where mod(recency - 1, 3) = 0
)

select
    features.*,
    coalesce(
        first_defaults.default_date > features.cut_date
        and first_defaults.default_date <= {{ month_end(add_months('features.cut_date', 12)) }},
        false
    ) as is_event
from features
inner join closed on features.cut_date = closed.cut_date
left join first_defaults on features.account_natural_key = first_defaults.account_natural_key
