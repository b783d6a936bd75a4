{#-
    What is known of each account now and changes with time, beside the versions of dim_account.
    Grain: one row per account that a feed has delivered.
-#}
with newest as (
    {{ newest_version(ref('stg_accounts'), 'account_id') }}
),

openings as (
    select * from {{ ref('int_account_opening_balances') }}
),

clock as (
    select * from {{ ref('data_clock') }}
)

select
    newest.account_id as account_natural_key,
    case
        when
            newest.close_date <= clock.as_of_date
            and (newest.open_date is null or newest.close_date >= newest.open_date)
            then newest.close_date
    end as close_date,
    case
        when newest.close_date < newest.open_date then 'closes before it opens'
        when newest.close_date > clock.as_of_date then 'closes after the clock'
        when newest.open_date > clock.as_of_date then 'opens after the clock'
        when openings.first_movement_date < newest.open_date then 'moves before it opens'
        when openings.last_movement_date > newest.close_date then 'moves after it closes'
        when newest.account_status = 'Closed' and newest.close_date is null
            then 'closed without a date'
    end as date_contradiction,
    newest.reported_balance,
    openings.reported_date,
    openings.rebuilt_balance,
    {{ money('openings.rebuilt_balance - newest.reported_balance') }} as difference_amount,
    openings.balance_status,
    coalesce(openings.balance_status in ('differs', 'not_rebuilt'), false) as is_balance_refuted,
    newest.available_balance,
    newest.minimum_payment_amount,
    newest.payment_due_date,
    newest.last_statement_date,
    openings.opening_balance,
    openings.first_movement_date,
    newest.updated_at,
    newest._batch_id
from newest
cross join clock
left join openings on newest.account_id = openings.account_id
