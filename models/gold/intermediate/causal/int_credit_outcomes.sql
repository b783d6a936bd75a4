{#-
    Decided applications that were within the limit of debt to income, so that the score decides,
    with what each applicant bought and paid in before and after the decision; only where half a
    year after it is known. Grain: one row per application.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

applications as (
    select * from {{ ref('fact_credit_applications') }}
    where is_approved or is_declined
),

products as (
    select * from {{ ref('dim_product') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
    where not is_declined
),

decided as (
    select
        applications.application_id,
        applications.customer_natural_key,
        applications.decision_date,
        applications.credit_score,
        applications.debt_to_income_rate,
        applications.annual_income_amount,
        applications.is_approved,
        {{ add_days('applications.decision_date', -182) }} as spend_start_date,
        {{ add_days('applications.decision_date', 182) }} as spend_end_date,
        {{ add_days('applications.decision_date', -45) }} as deposit_start_date,
        {{ add_days('applications.decision_date', 45) }} as deposit_end_date,
        {{ add_days('applications.decision_date', -182) }} >= clock.first_transaction_date
            as is_known_before
    from applications
    inner join clock
        on {{ add_days('applications.decision_date', 182) }} <= clock.transaction_end_date
    where
        applications.customer_natural_key is not null
        and applications.credit_score is not null
        and coalesce(applications.debt_to_income_rate <= {{ var('debt_to_income_limit') }}, true)
),

moved as (
    select
        decided.application_id,
        transactions.transaction_date > decided.decision_date as is_after,
        transactions.posted_amount,
        {{ is_purchase('transactions') }} as is_bought,
        transactions.transaction_type = 'Deposit'
        and transactions.posted_amount > 0
        and coalesce(products.product_category, '') <> 'Loan'
        and transactions.transaction_date > decided.deposit_start_date
        and transactions.transaction_date <= decided.deposit_end_date as is_paid_in
    from decided
    inner join transactions
        on
            decided.customer_natural_key = transactions.customer_natural_key
            and decided.spend_start_date < transactions.transaction_date
            and decided.spend_end_date >= transactions.transaction_date
    left join products on transactions.product_key = products.product_key
),

summed as (
    select
        application_id,
        sum(case when is_bought and is_after then -posted_amount else 0 end) as spend_amount,
        sum(case when is_bought and not is_after then -posted_amount else 0 end)
            as spend_before_amount,
        sum(case when is_paid_in and is_after then posted_amount else 0 end) as deposit_amount,
        sum(case when is_paid_in and not is_after then posted_amount else 0 end)
            as deposit_before_amount
    from moved
    group by application_id
)

select
    decided.application_id,
    decided.customer_natural_key,
    decided.decision_date,
    decided.credit_score,
    decided.debt_to_income_rate,
    decided.annual_income_amount,
    decided.is_approved,
    {{ money('coalesce(summed.spend_amount, 0) / 6.0') }} as spend_amount,
    case
        when decided.is_known_before
            then {{ money('coalesce(summed.spend_before_amount, 0) / 6.0') }}
    end as spend_before_amount,
    {{ exact_money('coalesce(summed.deposit_amount, 0)') }} as deposit_amount,
    case
        when decided.is_known_before
            then {{ exact_money('coalesce(summed.deposit_before_amount, 0)') }}
    end as deposit_before_amount
from decided
left join summed on decided.application_id = summed.application_id
