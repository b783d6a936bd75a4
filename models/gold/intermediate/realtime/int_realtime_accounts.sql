{#-
    When an account was last used before the last two days. Grain: one row per account.
-#}
select
    facts.account_natural_key,
    max(facts.transaction_at) as last_used_at
from {{ ref('fact_transactions') }} as facts
inner join {{ ref('int_realtime_clock') }} as clock
    on facts.transaction_date < {{ add_days('clock.as_of_date', -2) }}
where facts.account_natural_key is not null
group by facts.account_natural_key
