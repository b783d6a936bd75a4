{#-
    From when to when each account has balances.
    Grain: one row per account.
-#}
{{ config(materialized='view') }}
with accounts as (
    select * from {{ ref('dim_account') }}
    where is_current and account_key <> {{ unknown_key() }}
),

account_states as (
    select * from {{ ref('current_account') }}
)

select
    accounts.account_natural_key,
    accounts.currency,
    coalesce(account_states.opening_balance, {{ money('0') }}) as opening_balance,
    case
        when
            accounts.open_date is null
            or account_states.first_movement_date < accounts.open_date
            then account_states.first_movement_date
        else accounts.open_date
    end as open_date,
    account_states.close_date
from accounts
left join account_states
    on accounts.account_natural_key = account_states.account_natural_key
