{#-
    What is normal for a merchant in an hour: eight weeks before the last two days. Grain: one row
    per merchant.
-#}
select
    merchants.merchant_natural_key,
    count(*) as transaction_count,
    count(*) / cast({{ 56 * 24 }} as {{ type_double() }}) as hourly_mean_count
from {{ ref('fact_transactions') }} as facts
inner join {{ ref('int_realtime_clock') }} as clock
    on
        facts.transaction_date < {{ add_days('clock.as_of_date', -2) }}
        and facts.transaction_date >= {{ add_days('clock.as_of_date', -58) }}
inner join {{ ref('dim_merchant') }} as merchants on facts.merchant_key = merchants.merchant_key
where not merchants.is_inferred
group by merchants.merchant_natural_key
