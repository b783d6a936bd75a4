{#-
    What each customer did and held, month by month, without gaps. Grain: one row per customer
    and month. Partition: summary_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='summary_month',
    partition_source='silver.int_months',
    partition_source_column='month_number',
    on_schema_change='fail'
) }}
{%- set first_month = '(select min(month_number) from ' ~ ref('int_months') ~ ')' -%}
{%- set signup_month = 'coalesce(' ~ month_number('signup_date') ~ ', 190001)' -%}
{%- set contacts = {
    'relation': ref('fact_customer_interactions'),
    'month': 'interaction_month',
    'measures': ['1', '_batch_id'],
} -%}
{%- set signups = {
    'relation': ref('dim_customer'),
    'where': 'is_current',
    'is_cumulative': true,
    'month': 'greatest(' ~ signup_month ~ ', ' ~ first_month ~ ')',
    'measures': ['1', date_key('signup_date')],
} -%}
{%- set last_days = {
    'relation': ref('int_months'),
    'month': 'month_number',
    'measures': [date_key('last_known_date')],
} -%}
{#- the months that transactions are known for: before them, zeros would say nothing -#}
{%- set covered_months -%}
    select months.*
    from {{ ref('int_months') }} as months
    cross join {{ ref('data_clock') }} as clock
    where months.month_end_date >= coalesce(clock.first_transaction_date, clock.first_event_date)
{%- endset -%}
{%- set fingerprints -%}
    select
        prints.month_number as summary_month,
        prints._fingerprint || '/' || coalesce(snapshots._fingerprint, '') as _fingerprint
    from (
        {{ month_fingerprints(
            ref('int_months'),
            'month_number',
            account_fingerprint_parts() + [contacts, signups, last_days]
        ) }}
    ) as prints
    inner join ({{ covered_months }}) as covered on prints.month_number = covered.month_number
    left join (
        select distinct snapshot_month, _fingerprint
        from {{ ref('fact_account_daily_snapshot') }}
    ) as snapshots on prints.month_number = snapshots.snapshot_month
{%- endset -%}
{%- set affected = stale_months('summary_month', fingerprints) %}
with fingerprints as (
    {{ fingerprints }}
),

months as (
    {{ covered_months }}
),

wanted_months as (
    select * from months
    where {{ in_partitions('month_number', affected) }}
),

transactions as (
    select transactions.*
    from {{ ref('fact_transactions') }} as transactions
    cross join {{ ref('data_clock') }} as clock
    where transactions.transaction_date <= clock.as_of_date
),

first_days as (
    select
        customer_natural_key,
        min(first_date) as first_date
    from (
        select
            customer_natural_key,
            signup_date as first_date
        from {{ ref('dim_customer') }}
        where is_current and customer_key <> {{ unknown_key() }}
        union all
        select
            customer_natural_key,
            min(transaction_date) as first_date
        from transactions
        where customer_natural_key is not null
        group by customer_natural_key
    ) as known_days
    where first_date is not null
    group by customer_natural_key
),

last_posted as (
    select
        customer_natural_key,
        transaction_month,
        max(transaction_date) as last_posted_date
    from transactions
    where not is_declined
    group by customer_natural_key, transaction_month
),

-- all months, not only the affected ones: the last posting may lie far back
known_months as (
    select
        first_days.customer_natural_key,
        months.month_number as summary_month,
        months.month_end_date,
        months.last_known_date,
        max(last_posted.last_posted_date) over (
            partition by first_days.customer_natural_key
            order by months.month_number rows unbounded preceding
        ) as last_posted_date
    from first_days
    inner join months on first_days.first_date <= months.last_known_date
    left join last_posted
        on
            first_days.customer_natural_key = last_posted.customer_natural_key
            and months.month_number = last_posted.transaction_month
),

customer_months as (
    select * from known_months
    where {{ in_partitions('summary_month', affected) }}
),

activity as (
    select
        customer_natural_key,
        transaction_month as summary_month,
        count(*) as transaction_count,
        sum(case when is_declined then 0 else 1 end) as posted_count,
        sum(case when is_declined then 1 else 0 end) as declined_count,
        sum(case when posted_amount > 0 then posted_amount else 0 end) as credit_amount,
        sum(case when posted_amount < 0 then posted_amount else 0 end) as debit_amount,
        sum(case when transaction_type = 'Purchase' and not is_declined then 1 else 0 end)
            as purchase_count,
        sum(case when transaction_type = 'Purchase' then -posted_amount else 0 end)
            as purchase_amount,
        sum(case when transaction_type = 'Fee' and not is_declined then 1 else 0 end) as fee_count,
        sum(case when transaction_type = 'Fee' then -posted_amount else 0 end) as fee_amount,
        sum(case when is_international and not is_declined then 1 else 0 end)
            as international_count,
        sum(case when channel in ('Online', 'Mobile') and not is_declined then 1 else 0 end)
            as digital_count,
        sum(case when is_fraud then 1 else 0 end) as fraud_count,
        sum(case when is_fraud then abs(reporting_amount) else 0 end) as fraud_amount,
        count(distinct case when not is_declined then transaction_date end) as active_day_count,
        count(distinct case when not is_declined then merchant_category end)
            as distinct_category_count
    from transactions
    where {{ in_partitions('transaction_month', affected) }}
    group by customer_natural_key, transaction_month
),

holdings as (
    select
        accounts.customer_natural_key,
        wanted_months.month_number as summary_month,
        count(*) as account_count,
        sum(case when accounts.account_status = 'Active' then 1 else 0 end) as open_account_count,
        count(distinct accounts.product_key) as product_count
    from {{ ref('dim_account') }} as accounts
    inner join wanted_months
        on
            accounts.open_date <= wanted_months.last_known_date
            and (accounts.close_date is null or accounts.close_date > wanted_months.last_known_date)
            and accounts.valid_from <= {{ end_of_day('wanted_months.last_known_date') }}
            and accounts.valid_to > {{ end_of_day('wanted_months.last_known_date') }}
    group by accounts.customer_natural_key, wanted_months.month_number
),

balances as (
    select
        snapshots.customer_natural_key,
        snapshots.snapshot_month as summary_month,
        sum(
            cast(snapshots.closing_balance as decimal(28, 2))
            * case
                when snapshots.currency = '{{ var("reporting_currency") }}' then 1
                else rates.exchange_rate
            end
        ) as month_end_balance
    from {{ ref('fact_account_daily_snapshot') }} as snapshots
    inner join wanted_months on snapshots.snapshot_date = wanted_months.last_known_date
    left join {{ ref('int_daily_exchange_rates') }} as rates
        on snapshots.currency = rates.currency and snapshots.snapshot_date = rates.rate_date
    group by snapshots.customer_natural_key, snapshots.snapshot_month
),

contacts as (
    select
        customer_natural_key,
        interaction_month as summary_month,
        count(*) as interaction_count,
        sum(case when is_complaint then 1 else 0 end) as complaint_count,
        sum(case when is_resolved is not null and not is_resolved then 1 else 0 end)
            as unresolved_count,
        avg(cast(satisfaction_score as {{ type_double() }})) as average_satisfaction_score
    from {{ ref('fact_customer_interactions') }}
    where {{ in_partitions('interaction_month', affected) }}
    group by customer_natural_key, interaction_month
)

select
    customer_months.customer_natural_key,
    customer_months.summary_month,
    {{ date_key('customer_months.month_end_date') }} as date_key,
    customer_months.month_end_date,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    customers.customer_segment,
    coalesce(holdings.account_count, 0) as account_count,
    cast(coalesce(holdings.open_account_count, 0) as bigint) as open_account_count,
    coalesce(holdings.product_count, 0) as product_count,
    coalesce(activity.transaction_count, 0) as transaction_count,
    cast(coalesce(activity.posted_count, 0) as bigint) as posted_count,
    cast(coalesce(activity.declined_count, 0) as bigint) as declined_count,
    {{ money('coalesce(activity.credit_amount, 0)') }} as credit_amount,
    {{ money('coalesce(activity.debit_amount, 0)') }} as debit_amount,
    {{ money('coalesce(activity.credit_amount + activity.debit_amount, 0)') }} as net_amount,
    cast(coalesce(activity.purchase_count, 0) as bigint) as purchase_count,
    {{ money('coalesce(activity.purchase_amount, 0)') }} as purchase_amount,
    cast(coalesce(activity.fee_count, 0) as bigint) as fee_count,
    {{ money('coalesce(activity.fee_amount, 0)') }} as fee_amount,
    cast(coalesce(activity.international_count, 0) as bigint) as international_count,
    cast(coalesce(activity.digital_count, 0) as bigint) as digital_count,
    cast(coalesce(activity.fraud_count, 0) as bigint) as fraud_count,
    {{ money('coalesce(activity.fraud_amount, 0)') }} as fraud_amount,
    coalesce(activity.active_day_count, 0) as active_day_count,
    coalesce(activity.distinct_category_count, 0) as distinct_category_count,
    {{ money('balances.month_end_balance') }} as month_end_balance,
    coalesce(contacts.interaction_count, 0) as interaction_count,
    cast(coalesce(contacts.complaint_count, 0) as bigint) as complaint_count,
    cast(coalesce(contacts.unresolved_count, 0) as bigint) as unresolved_count,
    contacts.average_satisfaction_score,
    coalesce(
        customer_months.last_posted_date
        > {{ add_days('customer_months.last_known_date', '-' ~ var('activity_days')) }},
        false
    ) as is_active_customer,
    fingerprints._fingerprint
from customer_months
inner join fingerprints on customer_months.summary_month = fingerprints.summary_month
left join activity
    on
        customer_months.customer_natural_key = activity.customer_natural_key
        and customer_months.summary_month = activity.summary_month
left join holdings
    on
        customer_months.customer_natural_key = holdings.customer_natural_key
        and customer_months.summary_month = holdings.summary_month
left join balances
    on
        customer_months.customer_natural_key = balances.customer_natural_key
        and customer_months.summary_month = balances.summary_month
left join contacts
    on
        customer_months.customer_natural_key = contacts.customer_natural_key
        and customer_months.summary_month = contacts.summary_month
{{ customer_version(
    'customer_months.customer_natural_key',
    end_of_day('customer_months.last_known_date')
) }}
