{#-
    Who held each account on which terms, from when to when: versions of accounts, cut where a
    version of their customer ends. Grain: one row per account and start.
-#}
with accounts as (
    select * from {{ ref('dim_account') }}
),

spans as (
    select * from {{ ref('int_account_spans') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

versions as (
    select
        accounts.account_natural_key,
        greatest(accounts.valid_from, coalesce(customers.valid_from, accounts.valid_from))
            as valid_from,
        least(accounts.valid_to, coalesce(customers.valid_to, accounts.valid_to)) as valid_to,
        accounts.is_current and coalesce(customers.is_current, true) as is_current,
        accounts.account_key,
        {{ version_key('customers', 'customer_key') }} as customer_key,
        accounts.customer_natural_key,
        coalesce(accounts.product_key, {{ unknown_key() }}) as product_key,
        accounts.credit_limit_amount,
        spans.currency
    from accounts
    inner join spans on accounts.account_natural_key = spans.account_natural_key
    left join customers
        on
            accounts.customer_natural_key = customers.customer_natural_key
            and accounts.valid_from < customers.valid_to
            and accounts.valid_to > customers.valid_from
),

dated as (
    select
        versions.*,
        {{ first_day_after('valid_from') }} as first_date,
        {{ first_day_after('valid_to') }} as next_first_date
    from versions
)

select
    dated.*,
    cast(
        sum({{ value_print([
            'first_date', 'account_key', 'customer_key', 'customer_natural_key', 'product_key',
            'credit_limit_amount', 'currency',
        ]) }}) over (
            partition by account_natural_key
            order by valid_from nulls last rows unbounded preceding
        ) as bigint
    ) as _fingerprint
from dated
