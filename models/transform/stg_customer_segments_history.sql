{#-
    Segment, tier and risk changes as the source system recorded them: typed, one spelling,
    latest arrival. Grain: one row per segment_history_id, its latest arrival.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='segment_history_id',
    on_schema_change='fail'
) }}
with arrivals as (
    select * from {{ bronze('customer_segments_history') }}
    where {{ arrived_since() }}
),

latest as (
    {{ latest_arrival('arrivals', ['segment_history_id']) }}
)

select
    segment_history_id,
    customer_id,
    effective_date,
    end_date,
    is_current,
    customer_segment,
    previous_segment,
    loyalty_tier,
    previous_tier,
    risk_segment,
    previous_risk,
    change_type,
    total_accounts as account_count,
    total_balance,
    avg_monthly_transactions as average_monthly_transaction_count,
    products_held as product_count,
    customer_lifetime_value as customer_lifetime_value_amount,
    tenure_days,
    credit_score,
    annual_income as annual_income_amount,
    last_interaction_days,
    digital_engagement_score,
    branch_visits_last_90d as branch_visit_count,
    online_logins_last_90d as online_login_count,
    eligible_for_premium as is_eligible_for_premium,
    churn_risk,
    cross_sell_opportunity as is_cross_sell_opportunity,
    _batch_id,
    _loaded_at
from latest
