{#-
    Merchants that victims visited before the fraud, and devices that frauds of more than one
    customer came from: the fifty most suspicious of each. Grain: one row per link type and rank.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

links as (
    select * from {{ ref('int_fraud_links') }}
)

select
    coalesce(links.record_type, 'none') as link_type,
    coalesce(links.link_number, 0) as link_number,
    links.link_name,
    links.merchant_natural_key,
    links.transaction_count,
    links.fraud_count,
    100.0 * links.base_rate as base_rate_pct,
    {{ ratio('links.victim_count', 'links.exposed_customer_count') }}
    / nullif(links.base_rate, 0) as lift,
    links.fraud_amount,
    {{ money(ratio('links.fraud_amount', 'links.fraud_count')) }} as avg_fraud_amount,
    links.exposed_customer_count,
    links.victim_count,
    {{ percentage('links.victim_count', 'links.exposed_customer_count') }} as victim_rate_pct,
    {{ wilson_lower('links.victim_count', 'links.exposed_customer_count') }}
        as victim_rate_pct_lower,
    {{ wilson_upper('links.victim_count', 'links.exposed_customer_count') }}
        as victim_rate_pct_upper,
    coalesce(links.is_suspicious, false) as is_suspicious,
    links.first_fraud_date,
    links.last_fraud_date,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if("links.exposed_customer_count >= 10 or links.record_type = 'device'") }}
        as status,
    clock.as_of_date
from clock
left join links on 1 = 1
