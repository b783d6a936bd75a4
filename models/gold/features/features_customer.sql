{#-
    Customers at each month end with what was known of them then. Grain: one row per customer and
    month end.
-#}
with months as {{ in_place() }}(
    select * from {{ ref('int_feature_months') }}
),

at_risk as (
    select * from {{ ref('int_churn_at_risk') }}
),

usage as (
    select * from {{ ref('int_churn_usage') }}
),

holdings as (
    select * from {{ ref('int_churn_holdings') }}
),

recent_usage as (
    select * from {{ ref('int_customer_feature_usage') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    where customer_key <> {{ unknown_key() }} and not is_inferred
),

accounts as (
    select * from {{ ref('dim_account') }}
    where is_current and customer_natural_key is not null
),

account_states as (
    select * from {{ ref('current_account') }}
    where close_date is not null
),

login_means as (
    select * from {{ ref('int_customer_feature_logins') }}
),

enrolled as (
    select
        customer_natural_key,
        min(event_at) as enrolled_at
    from {{ ref('fact_account_events') }}
    where event_type = 'Autopay Enrolled'
    group by customer_natural_key
),

first_closings as (
    select
        accounts.customer_natural_key,
        min(account_states.close_date) as close_date
    from accounts
    inner join account_states
        on accounts.account_natural_key = account_states.account_natural_key
    group by accounts.customer_natural_key
)

select
    at_risk.customer_natural_key,
    months.cut_date,
    {{ known_then('customer', 'customers', 'customer_segment', 'text') }} as customer_segment,
    {{ known_then('customer', 'customers', 'credit_score', 'integer') }} as credit_score,
    {{ known_then('customer', 'customers', 'annual_income_amount', 'decimal(18, 2)') }}
        as annual_income_amount,
    {{ known_then('customer', 'customers', 'dependent_count', 'integer') }} as dependent_count,
    {{ known_then('customer', 'customers', 'employment_status', 'text') }} as employment_status,
    {{ known_then('customer', 'customers', 'home_ownership', 'text') }} as home_ownership,
    {{ known_then('customer', 'customers', 'loyalty_tier', 'text') }} as loyalty_tier,
    {{ known_then('customer', 'customers', 'preferred_channel', 'text') }} as preferred_channel,
    {{ known_then('customer', 'customers', 'is_marketing_opt_in', 'boolean') }}
        as is_marketing_opt_in,
    {{ days_between('customers.signup_date', 'months.cut_date') }} as tenure_days,
    login_means.login_days,
    usage.login_gap_days,
    login_means.login_quarter_days,
    login_means.login_half_year_days,
    usage.has_complaint,
    recent_usage.usual_posted_count,
    recent_usage.month_activity_index,
    recent_usage.activity_index,
    recent_usage.half_year_activity_index,
    holdings.has_dormant,
    coalesce(holdings.has_savings, false) as has_savings,
    holdings.rate_gap_rate,
    case
        when enrolled.enrolled_at < months.month_start_date then true
        else holdings.has_autopay_account
    end as has_autopay,
    recent_usage.open_account_count,
    recent_usage.product_count,
    recent_usage.recent_posted_count,
    recent_usage.recent_purchase_count,
    recent_usage.recent_purchase_amount,
    recent_usage.recent_net_amount,
    recent_usage.recent_declined_count,
    recent_usage.recent_digital_rate,
    recent_usage.recent_active_day_count,
    recent_usage.recent_fee_count,
    recent_usage.recent_interaction_count,
    recent_usage.recent_complaint_count
from at_risk
inner join months on at_risk.month_number = months.month_number
inner join customers
    on
        at_risk.customer_natural_key = customers.customer_natural_key
        and months.month_start_date > customers.valid_from
        and months.month_start_date <= customers.valid_to
left join usage
    on
        at_risk.customer_natural_key = usage.customer_natural_key
        and at_risk.month_number = usage.month_number
left join holdings
    on
        at_risk.customer_natural_key = holdings.customer_natural_key
        and at_risk.month_number = holdings.month_number
left join recent_usage
    on
        at_risk.customer_natural_key = recent_usage.customer_natural_key
        and months.previous_month_number = recent_usage.month_number
left join login_means
    on
        at_risk.customer_natural_key = login_means.customer_natural_key
        and at_risk.month_number = login_means.month_number
left join enrolled on at_risk.customer_natural_key = enrolled.customer_natural_key
left join first_closings on at_risk.customer_natural_key = first_closings.customer_natural_key
-- who holds nothing any more has left, even if an account is opened later
where
    holdings.customer_natural_key is not null
    or first_closings.close_date is null
    or first_closings.close_date >= months.month_start_date
