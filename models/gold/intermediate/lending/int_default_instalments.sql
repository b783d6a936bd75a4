{#-
    Instalments due at least 90 days ago of loans that were not in default, and whether each
    was the first that stayed unpaid for 90 days. Grain: one row per instalment.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

payments as (
    select * from {{ ref('fact_loan_payments') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
    where is_current
),

account_states as (
    select * from {{ ref('current_account') }}
),

due as (
    -- unpaid for 90 days on an account that was open so long; closed sooner, nobody can say
    select
        payments.payment_id,
        payments.account_natural_key,
        payments.customer_natural_key,
        payments.product_key,
        payments.scheduled_date,
        accounts.open_date,
        accounts.interest_rate,
        case
            when
                payments.settled_date is not null
                and payments.settled_date < {{ add_days('payments.scheduled_date', 90) }} then false
            when account_states.close_date < {{ add_days('payments.scheduled_date', 90) }} then null
            else true
        end as is_event,
        min(payments.scheduled_date) over (partition by payments.account_natural_key)
            as first_scheduled_date
    from payments
    inner join clock on payments.scheduled_date <= {{ add_days('clock.as_of_date', -90) }}
    left join accounts on payments.account_natural_key = accounts.account_natural_key
    left join account_states
        on payments.account_natural_key = account_states.account_natural_key
    where payments.account_natural_key is not null
),

exposed as (
    select
        payment_id,
        account_natural_key,
        customer_natural_key,
        product_key,
        scheduled_date,
        coalesce(open_date, first_scheduled_date) as origination_date,
        first_scheduled_date,
        interest_rate,
        is_event,
        {{ month_end(add_months('scheduled_date', -1)) }} as month_before_date,
        count(case when is_event then 1 end) over (
            partition by account_natural_key
            order by scheduled_date nulls last, payment_id nulls last
            rows between unbounded preceding and 1 preceding
        ) as earlier_default_count
    from due
)

select
    payment_id,
    account_natural_key,
    customer_natural_key,
    product_key,
    scheduled_date,
    origination_date,
    first_scheduled_date,
    month_before_date,
    cast(interest_rate as {{ type_double() }}) as interest_rate,
    is_event
from exposed
where is_event is not null and earlier_default_count = 0
