{#- Open accounts at each month end, as known then; a view. Grain: one row per account, month. -#}
{{ config(materialized='view') }}
with months as {{ in_place() }}(
    select * from {{ ref('int_feature_months') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
    where account_key <> {{ unknown_key() }} and not is_inferred
),

first_versions as (
    {{ first_records(ref('stg_accounts'), 'account_id') }}
),

states as (
    select * from {{ ref('current_account') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

feeds as (
    select * from {{ ref('feed_ends') }}
    where feed_name = 'account_events'
),

movements as (
    select
        account_natural_key,
        {{ month_start('transaction_date') }} as movement_month_date,
        sum(case when is_declined then 0 else 1 end) as posted_count,
        sum(case when is_declined then 1 else 0 end) as declined_count,
        sum(case when posted_amount > 0 then posted_amount else 0 end) as credit_amount,
        sum(case when posted_amount < 0 then -posted_amount else 0 end) as debit_amount,
        sum(case when is_international then 1 else 0 end) as international_count,
        max(case when not is_declined then transaction_date end) as last_posted_date
    from {{ ref('fact_transactions') }}
    group by account_natural_key, {{ month_start('transaction_date') }}
),

events as (
    select
        account_natural_key,
        {{ month_start('event_at') }} as event_month_date,
        count(*) as event_count,
        sum(case when event_type = 'Card Past Due' then 1 else 0 end) as past_due_event_count
    from {{ ref('fact_account_events') }}
    group by account_natural_key, {{ month_start('event_at') }}
),

until_then as (
    select
        movements.account_natural_key,
        months.month_number,
        max(movements.last_posted_date) as last_posted_date
    from movements
    inner join months on movements.movement_month_date < months.month_start_date
    group by movements.account_natural_key, months.month_number
),

recent as (
    select
        movements.account_natural_key,
        months.month_number,
        sum(movements.posted_count) as posted_count,
        sum(movements.declined_count) as declined_count,
        sum(movements.international_count) as international_count,
        sum(movements.credit_amount) as credit_amount,
        sum(movements.debit_amount) as debit_amount
    from movements
    inner join months
        on
            movements.movement_month_date < months.month_start_date
            and movements.movement_month_date >= months.recent_date
    group by movements.account_natural_key, months.month_number
),

year_events as (
    select
        events.account_natural_key,
        months.month_number,
        sum(events.event_count) as year_event_count,
        sum(events.past_due_event_count) as year_past_due_event_count
    from events
    inner join months
        on
            events.event_month_date < months.month_start_date
            and events.event_month_date >= {{ add_months('months.month_start_date', -12) }}
    group by events.account_natural_key, months.month_number
)

select
    accounts.account_natural_key,
    months.cut_date,
    {{ known_then('account', 'accounts', 'customer_natural_key', 'integer') }}
        as customer_natural_key,
    products.product_name,
    {{ known_then('account', 'accounts', 'account_status', 'text') }} as account_status,
    {{ known_then('account', 'accounts', 'currency', 'text') }} as currency,
    {{ known_then('account', 'accounts', 'credit_limit_amount', 'decimal(18, 2)') }}
        as credit_limit_amount,
    {{ known_then('account', 'accounts', 'interest_rate', 'decimal(9, 6)') }} as interest_rate,
    {{ known_then('account', 'accounts', 'is_autopay_enabled', 'boolean') }} as is_autopay_enabled,
    {{ known_then('account', 'accounts', 'has_overdraft_protection', 'boolean') }}
        as has_overdraft_protection,
    {{ known_then('account', 'accounts', 'is_primary_account', 'boolean') }} as is_primary_account,
    {{ days_between('accounts.open_date', 'months.cut_date') }} as age_days,
    {{ days_between('until_then.last_posted_date', 'months.cut_date') }} as inactive_days,
    cast(coalesce(recent.posted_count, 0) as bigint) as recent_posted_count,
    cast(coalesce(recent.declined_count, 0) as bigint) as recent_declined_count,
    cast(coalesce(recent.international_count, 0) as bigint) as recent_international_count,
    {{ money('coalesce(recent.credit_amount, 0)') }} as recent_credit_amount,
    {{ money('coalesce(recent.debit_amount, 0)') }} as recent_debit_amount,
    case
        when feeds.end_date >= months.cut_date
            then cast(coalesce(year_events.year_event_count, 0) as bigint)
    end as year_event_count,
    case
        when feeds.end_date >= months.cut_date
            then cast(coalesce(year_events.year_past_due_event_count, 0) as bigint)
    end as year_past_due_event_count
from accounts
inner join months
    on
        accounts.valid_from < months.month_start_date
        and accounts.valid_to >= months.month_start_date
inner join first_versions
    on
        accounts.account_natural_key = first_versions.account_id
        and months.month_start_date > first_versions.first_recorded_at
cross join feeds
left join states on accounts.account_natural_key = states.account_natural_key
left join products on accounts.product_key = products.product_key
left join until_then
    on
        accounts.account_natural_key = until_then.account_natural_key
        and months.month_number = until_then.month_number
left join recent
    on
        accounts.account_natural_key = recent.account_natural_key
        and months.month_number = recent.month_number
left join year_events
    on
        accounts.account_natural_key = year_events.account_natural_key
        and months.month_number = year_events.month_number
where
    (accounts.open_date is null or accounts.open_date <= months.cut_date)
    and (states.close_date is null or states.close_date > months.cut_date)
