{#-
    Deposit, card, loan and investment accounts: typed, one spelling, latest arrival. Grain: one
    row per account_id and version (updated_at).
-#}
with arrivals as (
    select * from {{ bronze('accounts') }}
),

latest as (
    {{ latest_arrival('arrivals', ['account_id', 'updated_at']) }}
)

select
    account_id,
    customer_id,
    product_id,
    account_status,
    open_date,
    close_date,
    current_balance as reported_balance,
    balance_date,
    available_balance,
    credit_limit as credit_limit_amount,
    upper(currency) as currency,
    interest_rate,
    minimum_payment as minimum_payment_amount,
    payment_due_date,
    last_statement_date,
    autopay_enabled as is_autopay_enabled,
    overdraft_protection as has_overdraft_protection,
    primary_account as is_primary_account,
    updated_at,
    _batch_id,
    _loaded_at
from latest
