{#-
    Which rows of fact_account_daily_snapshot have news. A row is made from what happened to its account until its day, so that a
    cumulative fingerprint tells: where the newest row of an account has the right one, all earlier ones do. Of the others the
    first row that differs is looked for. Besides come days that were not kept yet, and rows at a rate that was corrected.
-#}
{% macro balance_news() -%}
    {%- if not execute or not is_incremental() -%}{{ return(none) }}{%- endif -%}
    {%- set stale = kept('stale', stale_accounts()) -%}
    {%- set repriced = kept('repriced', repriced_balances()) -%}
    {%- set in_span -%}
        accounts.open_date <= days.snapshot_date
        and (accounts.close_date is null or accounts.close_date >= days.snapshot_date)
    {%- endset -%}
    {%- set wanted -%}
        select accounts.account_natural_key, days.snapshot_date, days.snapshot_month
        from {{ ref('int_account_spans') }} as accounts
        inner join {{ ref('int_snapshot_days') }} as days on {{ in_span }}
        where days.snapshot_date not in (select facts.snapshot_date from {{ this }} as facts)
        union
        select accounts.account_natural_key, days.snapshot_date, days.snapshot_month
        from {{ ref('int_account_spans') }} as accounts
        inner join {{ stale }} as stale on accounts.account_natural_key = stale.account_natural_key
        inner join {{ ref('int_snapshot_days') }} as days on {{ in_span }} and days.snapshot_date >= stale.first_date
        union
        select accounts.account_natural_key, days.snapshot_date, days.snapshot_month
        from {{ repriced }} as repriced
        inner join {{ ref('int_account_spans') }} as accounts on repriced.account_natural_key = accounts.account_natural_key
        inner join {{ ref('int_snapshot_days') }} as days on repriced.snapshot_date = days.snapshot_date and {{ in_span }}
    {%- endset -%}
    {%- set gone -%}
        select facts.account_natural_key, facts.snapshot_date, facts.snapshot_month
        from {{ this }} as facts
        inner join {{ stale }} as stale
            on facts.account_natural_key = stale.account_natural_key and facts.snapshot_date >= stale.first_date
        union
        select facts.account_natural_key, facts.snapshot_date, facts.snapshot_month
        from {{ this }} as facts
        where facts.snapshot_date not in (select days.snapshot_date from {{ ref('int_snapshot_days') }} as days)
        union
        select account_natural_key, snapshot_date, snapshot_month from {{ repriced }} as repriced
    {%- endset -%}
    {{ return(keep_news('snapshot_month', wanted, gone)) }}
{%- endmacro %}


{#- Fingerprint of a balance: its account, what moved on it by that day, the terms by that day. -#}
{% macro balance_fingerprint(accounts, moved, versions) -%}
    {%- set account -%}
        {{ number_print([
            date_key(accounts ~ '.open_date'), accounts ~ '.opening_balance * 100', settings_print()
        ]) }}
    {%- endset -%}
    {{ account }} + coalesce({{ moved }}._fingerprint, 0) + {{ versions }}._fingerprint
{%- endmacro %}


{#- Joins that tell what moved on an account by a day, and on which terms it was held; both find one row at most. -#}
{% macro moved_by(account, day, alias='moved') -%}
    left join {{ ref('int_account_movement_days') }} as {{ alias }}
        on
            {{ account }} = {{ alias }}.account_natural_key
            and {{ day }} >= {{ alias }}.transaction_date
            and {{ day }} < {{ alias }}.next_transaction_date
{%- endmacro %}

{% macro held_by(account, day, alias='versions') -%}
    left join {{ ref('int_account_versions') }} as {{ alias }}
        on
            {{ account }} = {{ alias }}.account_natural_key
            and {{ day }} >= {{ alias }}.first_date
            and {{ day }} < {{ alias }}.next_first_date
{%- endmacro %}


{#- Accounts with stored rows that are not what they would be now, or without rows they would have, and the first such day. -#}
{% macro stale_accounts() -%}
    with stored_days as (
        select distinct facts.snapshot_date
        from {{ this }} as facts
        inner join {{ ref('int_snapshot_days') }} as days on facts.snapshot_date = days.snapshot_date
    ),
    accounts as (
        select * from {{ ref('int_account_spans') }}
    ),
    stored as (
        select facts.account_natural_key, max(facts.snapshot_date) as last_date
        from {{ this }} as facts
        inner join stored_days on facts.snapshot_date = stored_days.snapshot_date
        group by facts.account_natural_key
    ),
    newest as (
        select facts.account_natural_key
        from {{ this }} as facts
        inner join stored
            on facts.account_natural_key = stored.account_natural_key and facts.snapshot_date = stored.last_date
        inner join accounts on facts.account_natural_key = accounts.account_natural_key
        {{ moved_by('facts.account_natural_key', 'facts.snapshot_date') }}
        {{ held_by('facts.account_natural_key', 'facts.snapshot_date') }}
        where facts._fingerprint <> {{ balance_fingerprint('accounts', 'moved', 'versions') }}
    ),
    changed as (
        select facts.account_natural_key, min(facts.snapshot_date) as first_date
        from newest
        inner join {{ this }} as facts on newest.account_natural_key = facts.account_natural_key
        inner join accounts on facts.account_natural_key = accounts.account_natural_key
        {{ moved_by('facts.account_natural_key', 'facts.snapshot_date') }}
        {{ held_by('facts.account_natural_key', 'facts.snapshot_date') }}
        where facts._fingerprint <> {{ balance_fingerprint('accounts', 'moved', 'versions') }}
        group by facts.account_natural_key
    ),
    -- closed in time: what was kept after; gone: all there is
    closed as (
        select
            stored.account_natural_key,
            case
                when accounts.account_natural_key is null then cast('1900-01-01' as date)
                else {{ add_days('accounts.close_date', 1) }}
            end as first_date
        from stored
        left join accounts on stored.account_natural_key = accounts.account_natural_key
        where accounts.account_natural_key is null or accounts.close_date < stored.last_date
    ),
    -- opened, or open for longer than was known, on days that are kept of other accounts
    opened as (
        select accounts.account_natural_key, min(stored_days.snapshot_date) as first_date
        from accounts
        left join stored on accounts.account_natural_key = stored.account_natural_key
        inner join stored_days
            on
                stored_days.snapshot_date > coalesce(stored.last_date, cast('1900-01-01' as date))
                and stored_days.snapshot_date >= accounts.open_date
                and (accounts.close_date is null or stored_days.snapshot_date <= accounts.close_date)
        where
            stored.last_date is null
            or stored.last_date < (select max(stored_days.snapshot_date) from stored_days)
        group by accounts.account_natural_key
    )
    select account_natural_key, min(first_date) as first_date
    from (
        select account_natural_key, first_date from changed
        union all
        select account_natural_key, first_date from closed
        union all
        select account_natural_key, first_date from opened
    ) as found
    group by account_natural_key
{%- endmacro %}


{#- Rows in a currency whose rate of the day is not what it was. -#}
{% macro repriced_balances() -%}
    select facts.account_natural_key, facts.snapshot_date, facts.snapshot_month
    from {{ this }} as facts
    left join {{ ref('int_daily_exchange_rates') }} as rates
        on facts.currency = rates.currency and facts.snapshot_date = rates.rate_date
    where
        facts.currency <> '{{ var("reporting_currency") }}'
        and facts.reporting_balance is distinct from {{ converted('facts.closing_balance', 'rates.exchange_rate') }}
{%- endmacro %}
