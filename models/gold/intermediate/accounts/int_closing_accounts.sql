{#-
    Accounts closed up to the clock, and what the closing event says. Grain: one row per
    closed account.
-#}
{%- set text = dbt.type_string() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

accounts as {{ in_place() }}(
    select * from {{ ref('dim_account') }}
    where is_current and account_key <> {{ unknown_key() }}
),

account_states as (
    select * from {{ ref('current_account') }}
),

events as (
    select * from {{ ref('fact_account_events') }}
),

closed as (
    select
        accounts.account_natural_key,
        accounts.customer_natural_key,
        coalesce(accounts.product_natural_key, -1) as product_natural_key,
        accounts.open_date,
        account_states.close_date,
        {{ add_days('account_states.close_date', -90) }} as after_date,
        {{ month_end(add_months('account_states.close_date', -1)) }} as month_before_date
    from accounts
    left join account_states
        on accounts.account_natural_key = account_states.account_natural_key
    inner join clock on account_states.close_date <= clock.as_of_date
),

departures as (
    -- customers without any open account, and the day on which the last one closed
    select
        accounts.customer_natural_key,
        max(account_states.close_date) as left_date
    from accounts
    left join account_states
        on accounts.account_natural_key = account_states.account_natural_key
    group by accounts.customer_natural_key
    having count(*) = count(account_states.close_date)
),

stated as (
    select
        account_natural_key,
        stated_reason
    from (
        select
            closed.account_natural_key,
            coalesce(
                events.closing_reason,
                case
                    when lower(events.event_type) like '%charge%off%'
                        then cast('Charged off' as {{ text }})
                end
            ) as stated_reason,
            row_number() over (
                partition by closed.account_natural_key
                order by
                    case when events.closing_reason is null then 1 else 0 end,
                    events.event_id nulls last
            ) as recency
        from closed
        inner join events
            on
                closed.account_natural_key = events.account_natural_key
                and closed.close_date = cast(events.event_at as date)
        where
            lower(events.event_type) like '%clos%'
            or lower(events.event_type) like '%charge%off%'
    ) as closing_events
    where recency = 1
)

select
    closed.account_natural_key,
    closed.customer_natural_key,
    closed.product_natural_key,
    closed.open_date,
    closed.close_date,
    closed.after_date,
    closed.month_before_date,
    coalesce(stated.stated_reason, cast('Not stated' as {{ text }})) as stated_reason,
    coalesce(departures.left_date = closed.close_date, false) as is_last_account
from closed
left join stated on closed.account_natural_key = stated.account_natural_key
left join departures on closed.customer_natural_key = departures.customer_natural_key
