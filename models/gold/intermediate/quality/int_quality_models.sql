{#-
    What each analytics model without a result lacks: a feed, or enough rows in its feeds. `needs`
    names the feeds without which it has no result at all.
    Grain: one row per check, feed and reason.
-#}
{%- set text = dbt.type_string() %}
{%- set needs = {
    'analytics_ab_test_channel_performance': ['campaign_touches'],
    'analytics_account_balance_distribution': ['accounts'],
    'analytics_account_by_product': ['accounts'],
    'analytics_account_closure_analysis': ['accounts'],
    'analytics_account_lifecycle_patterns': ['accounts'],
    'analytics_account_summary': ['accounts'],
    'analytics_campaign_causal_impact': ['campaign_touches', 'marketing_campaigns', 'customers', 'transactions'],
    'analytics_branch_proximity_impact': ['branch_locations', 'customers', 'customer_interactions', 'zip_codes'],
    'analytics_channel_migration_impact': ['account_events', 'branch_locations', 'customers', 'transactions'],
    'analytics_branch_staffing_optimization': ['customer_interactions', 'branch_locations'],
    'analytics_branch_staffing_scenarios': ['customer_interactions', 'branch_locations'],
    'analytics_churn_analysis': ['customers'],
    'analytics_churn_rate_confidence_intervals': ['customers'],
    'analytics_credit_application_rejection_analysis': ['credit_applications'],
    'analytics_credit_approval_hypothesis_test': ['credit_applications'],
    'analytics_credit_score_behavior_correlation': ['customers'],
    'analytics_credit_score_impact_analysis': ['credit_applications', 'transactions'],
    'analytics_customer_behavior_clusters': ['transactions', 'customers'],
    'analytics_credit_limit_optimization': ['account_events', 'accounts', 'customers'],
    'analytics_credit_limit_scenarios': ['account_events', 'accounts', 'customers'],
    'analytics_customer_by_age_group': ['customers'],
    'analytics_customer_by_geography': ['customers'],
    'analytics_customer_by_segment': ['customers'],
    'analytics_customer_churn_prediction': ['customers', 'transactions'],
    'analytics_customer_engagement_metrics': ['customers'],
    'analytics_customer_lifetime_value_backtest': ['customers', 'transactions'],
    'analytics_customer_lifetime_value_distribution': ['customers'],
    'analytics_customer_lifetime_value_prediction': ['customers', 'transactions'],
    'analytics_customer_overview': ['customers'],
    'analytics_customer_retention_actions': ['campaign_touches', 'marketing_campaigns', 'customers', 'transactions'],
    'analytics_customer_retention_scenarios': ['campaign_touches', 'marketing_campaigns', 'customers', 'transactions'],
    'analytics_customer_satisfaction_drivers': ['customer_interactions'],
    'analytics_customer_segment_statistical_comparison': ['customers'],
    'analytics_daily_transaction_trend': ['transactions'],
    'analytics_fraud_detection_accuracy': ['transactions'],
    'analytics_fraud_pattern_analysis': ['transactions', 'fraud_alerts'],
    'analytics_fraud_pattern_links': ['transactions', 'fraud_alerts'],
    'analytics_fraud_risk_forecast': ['transactions', 'fraud_alerts'],
    'analytics_fraud_risk_totals': ['transactions', 'fraud_alerts'],
    'analytics_fraud_summary': ['fraud_alerts'],
    'analytics_geographic_clustering': ['customers', 'zip_codes'],
    'analytics_interest_rate_behavior_impact': ['accounts', 'products', 'transactions'],
    'analytics_loan_default_correlations': ['loan_payments'],
    'analytics_loan_default_drivers': ['loan_payments'],
    'analytics_loan_default_prediction': ['loan_payments'],
    'analytics_loan_payment_summary': ['loan_payments'],
    'analytics_marketing_budget_allocation': ['campaign_touches', 'marketing_campaigns'],
    'analytics_marketing_budget_scenarios': ['campaign_touches', 'marketing_campaigns'],
    'analytics_marketing_campaign_performance_drivers': ['campaign_touches'],
    'analytics_marketing_response_curves': ['campaign_touches', 'marketing_campaigns'],
    'analytics_merchant_spending_patterns': ['transactions'],
    'analytics_monthly_transaction_trend': ['transactions'],
    'analytics_payment_timeliness_impact': ['loan_payments', 'accounts'],
    'analytics_product_adoption_impact': ['accounts', 'transactions', 'customers'],
    'analytics_product_cross_sell_patterns': ['accounts'],
    'analytics_product_recommendation': ['accounts', 'customers', 'products'],
    'analytics_product_recommendation_evidence': ['accounts', 'customers', 'products'],
    'analytics_product_summary': ['accounts'],
    'analytics_realtime_account_alerts': ['accounts'],
    'analytics_realtime_customer_activity': ['transactions', 'customers'],
    'analytics_realtime_fraud_alerts': ['transactions'],
    'analytics_realtime_system_health': ['transactions'],
    'analytics_realtime_timeline': ['transactions'],
    'analytics_realtime_transaction_monitoring': ['transactions'],
    'analytics_realtime_trending_merchants': ['transactions'],
    'analytics_revenue_variance_analysis': ['accounts'],
    'analytics_seasonal_patterns': ['transactions'],
    'analytics_transaction_amount_normality_test': ['transactions'],
    'analytics_transaction_by_category': ['transactions'],
    'analytics_transaction_by_channel': ['transactions'],
    'analytics_transaction_decline_analysis': ['transactions'],
    'analytics_transaction_summary': ['transactions'],
    'analytics_transaction_time_patterns': ['transactions'],
    'analytics_transaction_volume_forecast': ['transactions'],
} %}
with feeds as (
    select * from {{ ref('int_feeds') }}
),

models as (
    {%- for name in needs %}
    {{ 'union all' if not loop.first }}
    select
        cast('{{ name }}' as {{ text }}) as model_name,
        {{ count_if("status = 'ok'") }} as ok_count
    from {{ ref(name) }}
    {%- endfor %}
),

needed as (
    {%- for name, listed in needs.items() %}
    {%- set outer = loop %}
    {%- for feed in listed %}
    {{ 'union all' if not (outer.first and loop.first) }}
    select
        cast('{{ name }}' as {{ text }}) as model_name,
        cast('{{ feed }}' as {{ text }}) as feed_name,
        {{ 'true' if loop.first else 'false' }} as is_main
    {%- endfor %}
    {%- endfor %}
),

judged as (
    select
        models.model_name,
        models.ok_count,
        needed.feed_name,
        needed.is_main,
        feeds.row_count = 0 as is_missing,
        max(case when feeds.row_count = 0 then 1 else 0 end) over (
            partition by models.model_name
        ) = 1 as has_missing
    from models
    inner join needed on models.model_name = needed.model_name
    inner join feeds on needed.feed_name = feeds.feed_name
)

select
    cast('model_has_a_result' as {{ text }}) as check_name,
    feed_name,
    model_name as reason_name,
    -- something is not there, and nothing is wrong
    cast('info' as {{ text }}) as severity,
    cast(case when ok_count = 0 then 1 else 0 end as bigint) as concerned_count,
    cast(1 as bigint) as row_count,
    cast(null as {{ text }}) as example_keys,
    cast(null as date) as since_date,
    cast(
        case
            when is_missing then 'needs feed ' || feed_name
            else 'its feeds are there and hold too little: its status says what'
        end as {{ text }}
    ) as advice
from judged
-- a model with a result has one row, as has one whose feeds are all there
where case when ok_count = 0 and has_missing then is_missing else is_main end
