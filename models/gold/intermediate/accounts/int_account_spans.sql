{#-
    From when to when each account has balances.
    Grain: one row per account.
-#}
{{ config(materialized='view') }}
with accounts as (
    select * from {{ ref('dim_account') }}
    where is_current and account_key <> {{ unknown_key() }}
)

select
    account_natural_key,
    currency,
    opening_balance,
    case
        when open_date is null or first_movement_date < open_date then first_movement_date
        else open_date
    end as open_date,
    close_date
from accounts
