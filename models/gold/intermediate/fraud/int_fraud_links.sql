{#-
    Merchants that victims visited before the fraud, and devices that more than one customer's
    frauds came from: the fifty most suspicious of each.
    Grain: one row per record type and rank.
-#}
{%- set text = dbt.type_string() %}
{%- set published = 50 %}
with merchants as (
    select * from {{ ref('dim_merchant') }}
),

candidates as (
    select * from {{ ref('int_fraud_link_candidates') }}
),

based as (
    select
        record_type,
        merchant_key,
        device_id,
        exposed_customer_count,
        transaction_count,
        victim_count,
        fraud_count,
        fraud_amount,
        first_fraud_date,
        last_fraud_date,
        {{ ratio(
            'sum(victim_count) over (partition by record_type)',
            'sum(exposed_customer_count) over (partition by record_type)'
        ) }} as base_rate
    from candidates
),

scored as (
    select
        record_type,
        merchant_key,
        device_id,
        exposed_customer_count,
        transaction_count,
        victim_count,
        fraud_count,
        fraud_amount,
        first_fraud_date,
        last_fraud_date,
        base_rate,
        {{ wilson_lower('victim_count', 'exposed_customer_count') }} / 100 as rate_lower
    from based
    where victim_count >= 2
),

ranked as (
    select
        record_type,
        merchant_key,
        device_id,
        exposed_customer_count,
        transaction_count,
        victim_count,
        fraud_count,
        fraud_amount,
        first_fraud_date,
        last_fraud_date,
        base_rate,
        rate_lower,
        row_number() over (
            partition by record_type
            order by
                rate_lower desc nulls last,
                victim_count desc nulls last,
                merchant_key asc nulls last,
                device_id asc nulls last
        ) as link_number
    from scored
)

select
    ranked.record_type,
    cast(ranked.link_number as integer) as link_number,
    case
        when ranked.record_type = 'device' then ranked.device_id
        else {{ known_text('merchants.merchant_name') }}
    end as link_name,
    merchants.merchant_natural_key,
    cast(ranked.exposed_customer_count as bigint) as exposed_customer_count,
    cast(ranked.transaction_count as bigint) as transaction_count,
    cast(ranked.victim_count as bigint) as victim_count,
    cast(ranked.fraud_count as bigint) as fraud_count,
    {{ money('coalesce(ranked.fraud_amount, 0)') }} as fraud_amount,
    ranked.first_fraud_date,
    ranked.last_fraud_date,
    ranked.base_rate,
    coalesce(ranked.rate_lower > ranked.base_rate, false) as is_suspicious
from ranked
left join merchants
    on ranked.record_type = 'merchant' and ranked.merchant_key = merchants.merchant_key
where ranked.link_number <= {{ published }}
