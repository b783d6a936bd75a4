{#-
    Accounts that paid at a merchant where cards were stolen. Grain: one row per account.
-#}
with links as (
    select * from {{ ref('int_fraud_links') }}
    where record_type = 'merchant' and is_suspicious
)

select distinct facts.account_natural_key
from {{ ref('fact_transactions') }} as facts
inner join {{ ref('dim_merchant') }} as merchants
    on facts.merchant_key = merchants.merchant_key
inner join links on merchants.merchant_natural_key = links.merchant_natural_key
inner join {{ ref('int_realtime_clock') }} as clock
    on
        facts.transaction_date
        >= {{ add_days('clock.as_of_date', -1 * var('compromise_days')) }}
        and facts.transaction_date <= clock.as_of_date
where facts.account_natural_key is not null
