{#-
    From when to when a loan runs: from its first instalment until all is paid or its account is
    closed, at most to the clock. Grain: one row per loan account.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

account_states as (
    select * from {{ ref('current_account') }}
),

instalments as (
    select * from {{ ref('fact_loan_payments') }}
)

select
    instalments.account_natural_key,
    min(instalments.scheduled_date) as first_scheduled_date,
    case
        -- something is open, or more will fall due: the loan runs until its account is closed
        when
            count(case
                when instalments.settled_date is null then 1
                when instalments.settled_date > clock.as_of_date then 1
            end) > 0
            then coalesce(max(account_states.close_date), clock.as_of_date)
        else greatest(max(instalments.scheduled_date), max(instalments.settled_date))
    end as last_date
from instalments
cross join clock
left join account_states
    on instalments.account_natural_key = account_states.account_natural_key
where instalments.scheduled_date <= clock.as_of_date or instalments.settled_date is null
group by instalments.account_natural_key, clock.as_of_date
