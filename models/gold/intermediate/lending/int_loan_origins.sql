{#-
    Loans and when they were made: the account was opened, or the first instalment fell due.
    Grain: one row per loan account.
-#}
with payments as (
    select * from {{ ref('fact_loan_payments') }}
    where account_natural_key is not null
),

accounts as (
    select * from {{ ref('dim_account') }}
    where is_current
),

numbered as (
    select
        account_natural_key,
        customer_natural_key,
        product_key,
        scheduled_date,
        row_number() over (
            partition by account_natural_key
            order by scheduled_date nulls last, payment_id nulls last
        ) as place
    from payments
)

select
    numbered.account_natural_key,
    numbered.customer_natural_key,
    numbered.product_key,
    coalesce(accounts.open_date, numbered.scheduled_date) as origination_date,
    numbered.scheduled_date as first_scheduled_date,
    cast(accounts.interest_rate as {{ type_double() }}) as interest_rate
from numbered
left join accounts on numbered.account_natural_key = accounts.account_natural_key
where numbered.place = 1
