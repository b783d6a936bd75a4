{#-
    What is known of each account now and changes with time, beside the versions of dim_account.
    Grain: one row per account that a feed has delivered.
-#}
with newest as (
    {{ newest_version(ref('stg_accounts'), 'account_id') }}
),

openings as (
    select * from {{ ref('int_account_opening_balances') }}
)

select
    newest.account_id as account_natural_key,
    newest.close_date,
    newest.reported_balance,
    newest.available_balance,
    newest.minimum_payment_amount,
    newest.payment_due_date,
    newest.last_statement_date,
    openings.opening_balance,
    openings.first_movement_date,
    newest.updated_at,
    newest._batch_id
from newest
left join openings on newest.account_id = openings.account_id
