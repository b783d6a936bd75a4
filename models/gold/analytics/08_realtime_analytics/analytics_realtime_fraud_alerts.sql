{#-
    Transactions of the last day that fire a fraud rule, which rules in words. Grain: one row per
    alerted transaction; one of transaction_id -1 where there is none.
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
),

seen as (
    select count(*) as transaction_count from recent
),

fired as (
    select
        transaction_id,
        count(*) as rule_count,
        {{ dbt.listagg('rule_words', "'; '", 'order by rule_name') }} as rules,
        -- the chance that none of them is right, were they independent
        1 - exp({{ double_sum('ln(1 - rule_score)') }}) as alert_score
    from {{ ref('int_realtime_rules') }}
    group by transaction_id
),

alerts as (
    select
        recent.*,
        fired.rule_count,
        fired.rules,
        fired.alert_score
    from recent
    inner join fired on recent.transaction_id = fired.transaction_id
)

select
    coalesce(alerts.transaction_id, -1) as transaction_id,
    alerts.transaction_at,
    cast(alerts.transaction_at as date) as transaction_date,
    alerts.customer_natural_key,
    alerts.account_natural_key,
    alerts.channel,
    alerts.merchant_name,
    alerts.reporting_amount as alert_amount,
    cast(alerts.alert_score as {{ type_double() }}) as alert_score,
    alerts.rule_count,
    alerts.rules,
    case
        when alerts.alert_score >= 0.9 then 'high'
        when alerts.alert_score >= 0.5 then 'medium'
        when alerts.alert_score is not null then 'low'
    end as priority,
    case
        when alerts.is_declined then 'declined'
        when alerts.transaction_id is not null then 'open'
    end as alert_status,
    seen.transaction_count,
    {{ reporting_currency() }} as reporting_currency,
    cast(
        case
            when seen.transaction_count = 0 then 'insufficient_data'
            when alerts.transaction_id is null then 'no_alerts'
            else 'ok'
        end as {{ dbt.type_string() }}
    ) as status,
    clock.as_of_date
from clock
cross join seen
left join alerts on 1 = 1
