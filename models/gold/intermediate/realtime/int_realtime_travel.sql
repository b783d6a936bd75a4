{#-
    Card payments abroad that nobody can reach in the time since the account's newest payment at
    home (in its country): faster than 900 km/h. Grain: one row per transaction.
-#}
{{ config(materialized='view') }}
with payments as (
    select
        transaction_id,
        transaction_at,
        is_international,
        distance_from_home_km,
        max(case when not is_international then transaction_at end) over (
            partition by account_natural_key
            order by transaction_at, transaction_id
            rows between unbounded preceding and 1 preceding
        ) as home_at
    from {{ ref('int_realtime_transactions') }}
    where
        account_natural_key is not null
        and channel in ('POS', 'ATM')
        and transaction_type in ('Purchase', 'ATM Withdrawal')
),

moves as (
    select
        transaction_id,
        distance_from_home_km,
        cast({{
            dbt.datediff('home_at', 'transaction_at', 'second')
        }} as {{ type_double() }}) / 60 as away_minutes
    from payments
    where home_at is not null and is_international and distance_from_home_km >= 300
)

select
    transaction_id,
    distance_from_home_km,
    away_minutes
from moves
where distance_from_home_km > 15 * away_minutes  -- 900 km/h
