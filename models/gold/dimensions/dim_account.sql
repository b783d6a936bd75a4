{#-
    Accounts with their history (SCD Type 2). Grain: one row per account and interval, inferred
    accounts, the unknown one. What is only true now is in current_account.
-#}
with versions as (
    select
        staged.*,
        staged.customer_id as customer_natural_key,
        staged.product_id as product_natural_key
    from {{ ref('stg_accounts') }} as staged
),

members as (
    {{ type2_members('account', 'versions', 'account_id', [
        (ref('stg_transactions'), 'account_id'),
        (ref('stg_fraud_alerts'), 'account_id'),
        (ref('stg_loan_payments'), 'account_id'),
        (ref('stg_account_events'), 'account_id'),
        (ref('stg_regulatory_reports'), 'account_id'),
    ]) }}
),

newest as (
    {{ newest_version('versions', 'account_id') }}
)

select
    members.account_key,
    members.account_natural_key,
    members.valid_from,
    members.valid_to,
    members.is_current,
    members.is_inferred,
    members.version_number,
    {{ versioned('account', 'customer_natural_key') }},
    {{ versioned('account', 'product_natural_key') }},
    {{ versioned('account', 'account_status') }},
    {{ versioned('account', 'credit_limit_amount') }},
    {{ versioned('account', 'interest_rate') }},
    {{ versioned('account', 'is_autopay_enabled') }},
    {{ versioned('account', 'has_overdraft_protection') }},
    {{ versioned('account', 'is_primary_account') }},
    {{ versioned('account', 'currency') }},
    {{ foreign_key(versioned('account', 'product_natural_key')) }} as product_key,
    newest.open_date,
    attributes._batch_id
from members
left join versions as attributes
    on
        members.account_natural_key = attributes.account_id
        and members.updated_at = attributes.updated_at
left join newest on members.account_natural_key = newest.account_id
