{#-
    Account movements and declined attempts. Grain: one row per transaction. Partition:
    transaction_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='transaction_month',
    partition_source='silver.stg_transactions',
    on_schema_change='fail'
) }}
{%- set repriced -%}
    select distinct facts.transaction_month as partition_value
    from {{ this }} as facts
    left join {{ ref('int_daily_exchange_rates') }} as rates
        on
            facts.currency = rates.currency
            and facts.transaction_date = rates.rate_date
            and facts.currency <> '{{ var("reporting_currency") }}'
    where
        coalesce(facts.exchange_rate, 0) <> case
            when facts.currency = '{{ var("reporting_currency") }}' then 1
            else coalesce(rates.exchange_rate, 0)
        end
{%- endset -%}
{%- set affected = affected_partitions('transaction_month', ref('stg_transactions'), stale_rows=[
    rekeyed_customers('transaction_month', 'facts.transaction_at'),
    rekeyed_accounts('transaction_month', 'facts.transaction_at', attribute='product_key'),
    repriced,
    recategorised_months(
        this, ref('stg_transactions'), ref('stg_merchant_category_codes'), ref('dim_merchant')
    ),
]) %}
with transactions as (
    select * from {{ ref('stg_transactions') }}
    where {{ in_partitions('transaction_month', affected) }}
),

rates as (
    select * from {{ ref('int_daily_exchange_rates') }}
),

priced as (
    select
        transactions.*,
        case
            when transactions.currency = '{{ var("reporting_currency") }}'
                then cast(1 as decimal(18, 8))
            else rates.exchange_rate
        end as exchange_rate
    from transactions
    left join rates
        on
            transactions.currency = rates.currency
            and transactions.transaction_date = rates.rate_date
)

select
    priced.transaction_id,
    priced.transaction_at,
    priced.transaction_month,
    {{ date_key('priced.transaction_date') }} as date_key,
    priced.transaction_date,
    priced.customer_id as customer_natural_key,
    priced.account_id as account_natural_key,
    priced.hour_number,
    priced.is_declined,
    priced.is_weekend,
    priced.is_fraud,
    priced.is_international,
    priced.is_recurring,
    case
        when priced.is_declined then {{ money('0') }}
        else {{ converted('priced.transaction_amount', 'priced.exchange_rate') }}
    end as posted_amount,
    {{ converted('priced.transaction_amount', 'priced.exchange_rate') }} as reporting_amount,
    priced.transaction_amount,
    priced.exchange_rate,
    priced.currency,
    priced.transaction_type,
    priced.direction,
    priced.transaction_status,
    priced.channel,
    {{ spending_category('priced', 'codes', 'merchants') }} as merchant_category,
    {{ spending_category_group('codes', 'merchants') }} as merchant_category_group,
    priced.mcc_code,
    priced.decline_reason,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    {{ version_key('accounts', 'account_key') }} as account_key,
    coalesce(accounts.product_key, {{ unknown_key() }}) as product_key,
    {{ foreign_key('priced.merchant_id') }} as merchant_key,
    {{ foreign_key('priced.channel') }} as channel_key,
    priced.device_id,
    priced.location_city,
    priced.location_state,
    priced.location_country,
    priced.latitude,
    priced.longitude,
    priced.distance_from_home_km,
    priced.fraud_score,
    priced.amount_deviation_score,
    priced.merchant_risk_score,
    priced.velocity_24h_count,
    priced.processing_time_ms,
    priced._batch_id
from priced
left join {{ ref('stg_merchant_category_codes') }} as codes on priced.mcc_code = codes.mcc_code
left join {{ ref('dim_merchant') }} as merchants
    on {{ foreign_key('priced.merchant_id') }} = merchants.merchant_key
{{ customer_version('priced.customer_id', 'priced.transaction_at') }}
{{ account_version('priced.account_id', 'priced.transaction_at') }}
