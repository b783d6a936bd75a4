{#-
    Accounts to look at now, why and what to do. Grain: one row per account and kind of alert; one
    of account -1 where there is none.
-#}
{{ config(materialized='view') }}
with clock as (
    select * from {{ ref('int_realtime_clock') }}
),

recent as (
    select transactions.*
    from {{ ref('int_realtime_transactions') }} as transactions
    inner join clock
        on transactions.transaction_at > {{ dbt.dateadd('hour', -24, 'clock.clock_at') }}
    where transactions.account_natural_key is not null
),

moved as (
    select
        recent.account_natural_key,
        min(recent.customer_natural_key) as customer_natural_key,
        max(recent.transaction_at) as alert_at,
        cast(max(recent.posted_amount) as {{ type_double() }}) as observed_value
    from recent
    inner join {{ ref('int_realtime_customers') }} as usual
        on recent.customer_natural_key = usual.customer_natural_key
    where
        usual.transaction_count >= {{ var('minimum_sample_count') }}
        and recent.posted_amount > usual.mean_amount + 6 * usual.deviation_amount
    group by recent.account_natural_key
),

awake as (
    select
        recent.account_natural_key,
        min(recent.customer_natural_key) as customer_natural_key,
        min(recent.transaction_at) as alert_at,
        max({{ dbt.datediff('accounts.last_used_at', 'recent.transaction_at', 'day') }})
            as observed_value
    from recent
    inner join {{ ref('int_realtime_accounts') }} as accounts
        on recent.account_natural_key = accounts.account_natural_key
    where accounts.last_used_at < {{ dbt.dateadd('day', -180, 'recent.transaction_at') }}
    group by recent.account_natural_key
),

alerts as (
    select
        account_natural_key,
        customer_natural_key,
        alert_type,
        cast(null as timestamp) as alert_at,
        observed_value
    from {{ ref('int_realtime_account_states') }}

    union all

    select
        account_natural_key,
        customer_natural_key,
        'large_movement' as alert_type,
        alert_at,
        observed_value
    from moved

    union all

    select
        account_natural_key,
        customer_natural_key,
        'dormant_awake' as alert_type,
        alert_at,
        cast(observed_value as {{ type_double() }}) as observed_value
    from awake
)

select
    coalesce(alerts.account_natural_key, -1) as account_natural_key,
    coalesce(alerts.alert_type, 'none') as alert_type,
    alerts.customer_natural_key,
    alerts.alert_at,
    alerts.observed_value,
    case
        when alerts.alert_type = 'past_due' and alerts.observed_value >= 60 then 'high'
        when alerts.alert_type = 'near_limit' and alerts.observed_value >= 100 then 'high'
        when alerts.alert_type in ('past_due', 'large_movement', 'dormant_awake') then 'medium'
        when alerts.alert_type is not null then 'low'
    end as priority,
    case
        when alerts.alert_type = 'past_due' and alerts.observed_value >= 60 then 'call'
        when alerts.alert_type = 'past_due' then 'remind'
        when alerts.alert_type = 'near_limit' then 'review limit'
        when alerts.alert_type = 'low_balance' then 'offer overdraft'
        when alerts.alert_type is not null then 'verify with customer'
    end as recommended_action,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('alerts.account_natural_key is not null') }} as status,
    clock.as_of_date
from clock
left join alerts on 1 = 1
