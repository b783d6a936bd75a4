{#-
    What moved since the data begin, and in the last 30 days against the 30 before.
    Grain: one row.
-#}
{%- set measures = [
    'transaction_count', 'volume_amount', 'debit_amount', 'credit_amount', 'fraud_count',
    'fraud_amount',
    'fraud_rate_pct', 'declined_rate_pct', 'international_count', 'unique_customers'
] %}
with clock as (
    select * from {{ ref('data_clock') }}
),

windows as (
    select * from {{ ref('int_transaction_windows') }}
)

select
    everything.first_transaction_date,
    everything.last_transaction_date,
    everything.transaction_count,
    everything.posted_count,
    everything.declined_count,
    everything.declined_rate_pct,
    everything.unpriced_count,
    everything.volume_amount as volume,
    {{ money(ratio(
        'everything.volume_amount', 'everything.posted_count - everything.unpriced_count'
    )) }} as avg_amount,
    everything.debit_count,
    everything.debit_amount,
    everything.credit_count,
    everything.credit_amount,
    {{ money('everything.credit_amount - everything.debit_amount') }} as net_amount,
    everything.unique_customers,
    everything.online_count,
    everything.mobile_count,
    everything.atm_count,
    everything.branch_count,
    everything.pos_count,
    everything.unknown_channel_count,
    everything.fraud_count,
    everything.fraud_amount,
    everything.fraud_rate_pct,
    everything.international_count,
    everything.international_rate_pct,
    {%- for measure in measures %}
    latest.{{ measure }} as current_30d_{{ measure }},
    case when earlier.is_covered then earlier.{{ measure }} end as previous_30d_{{ measure }},
    case
        when earlier.is_covered then {{ change_pct('latest.' ~ measure, 'earlier.' ~ measure) }}
    end as {{ measure }}_change_pct,
    {%- endfor %}
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('everything.transaction_count > 0') }} as status,
    clock.transaction_end_date as window_end_date,
    clock.as_of_date
from clock
inner join windows as everything on everything.window_name = 'all'
inner join windows as latest on latest.window_name = 'current_30d'
inner join windows as earlier on earlier.window_name = 'previous_30d'
