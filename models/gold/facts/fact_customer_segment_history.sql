{#-
    Segment, tier and risk of customers over time, as the source system recorded them (Type 2).
    Grain: one row per change.
-#}
with history as (
    select * from {{ ref('stg_customer_segments_history') }}
),

ordered as (
    select
        history.*,
        lead(effective_date) over (
            partition by customer_id order by effective_date, segment_history_id
        ) as next_effective_date,
        lag(customer_segment) over (
            partition by customer_id order by effective_date, segment_history_id
        ) as earlier_segment,
        lag(loyalty_tier) over (
            partition by customer_id order by effective_date, segment_history_id
        ) as earlier_tier,
        lag(risk_segment) over (
            partition by customer_id order by effective_date, segment_history_id
        ) as earlier_risk
    from history
)

select
    ordered.segment_history_id,
    ordered.customer_id as customer_natural_key,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    ordered.effective_date,
    -- the next change ends an interval, whatever the feed says
    coalesce(ordered.next_effective_date, cast('9999-12-31' as date)) as end_date,
    {{ date_key('ordered.effective_date') }} as date_key,
    ordered.next_effective_date is null as is_current,
    ordered.customer_segment,
    coalesce(ordered.earlier_segment, ordered.previous_segment) as previous_segment,
    ordered.loyalty_tier,
    coalesce(ordered.earlier_tier, ordered.previous_tier) as previous_tier,
    ordered.risk_segment,
    coalesce(ordered.earlier_risk, ordered.previous_risk) as previous_risk,
    case
        when coalesce(ordered.earlier_tier, ordered.previous_tier) is null then 'first'
        when
            {{ tier_rank('ordered.loyalty_tier') }}
            > {{ tier_rank('coalesce(ordered.earlier_tier, ordered.previous_tier)') }}
            then 'upgrade'
        when
            {{ tier_rank('ordered.loyalty_tier') }}
            < {{ tier_rank('coalesce(ordered.earlier_tier, ordered.previous_tier)') }}
            then 'downgrade'
        else 'same'
    end as tier_movement,
    ordered.change_type,
    ordered.total_balance,
    ordered.account_count,
    ordered.customer_lifetime_value_amount
from ordered
{{ customer_version('ordered.customer_id', end_of_day('ordered.effective_date')) }}
