{#-
    Each loan with what was known of its borrower when it was made. Grain: one row per loan
    account.
-#}
with loans as (
    select * from {{ ref('int_loan_origins') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    where customer_key <> {{ unknown_key() }}
),

customer_states as (
    select * from {{ ref('current_customer') }}
),

first_versions as (
    {{ first_records(ref('stg_customers'), 'customer_id') }}
),

applications as (
    select * from {{ ref('fact_credit_applications') }}
    where is_approved and decision_date is not null
),

applied as (
    -- the application that the loan was made from: the newest approved before it was opened
    select
        account_natural_key,
        credit_score,
        debt_to_income_rate,
        approved_rate
    from (
        select
            loans.account_natural_key,
            applications.credit_score,
            applications.debt_to_income_rate,
            applications.approved_rate,
            row_number() over (
                partition by loans.account_natural_key
                order by
                    applications.decision_date desc nulls last,
                    applications.application_id desc nulls last
            ) as recency
        from loans
        inner join applications
            on
                loans.customer_natural_key = applications.customer_natural_key
                and loans.product_key = applications.product_key
                and loans.origination_date >= applications.decision_date
                and loans.origination_date <= {{ add_months('applications.decision_date', 6) }}
    ) as dated_applications
    where recency = 1
),

borrowers as (
    select
        loans.account_natural_key,
        customers.credit_score,
        customer_states.age_group,
        customers.marital_status,
        customers.education_level,
        customers.is_marketing_opt_in
    from loans
    inner join customers
        on
            loans.customer_natural_key = customers.customer_natural_key
            and customers.valid_from <= {{ end_of_day('loans.origination_date') }}
            and customers.valid_to > {{ end_of_day('loans.origination_date') }}
    -- what was recorded after the loan was made may be its consequence
    inner join first_versions
        on
            customers.customer_natural_key = first_versions.customer_id
            and first_versions.first_recorded_at <= {{ end_of_day('loans.origination_date') }}
    left join customer_states
        on customers.customer_natural_key = customer_states.customer_natural_key
)

select
    loans.account_natural_key,
    coalesce(applied.credit_score, borrowers.credit_score) as credit_score,
    applied.debt_to_income_rate,
    cast(applied.approved_rate as {{ type_double() }}) as approved_rate,
    borrowers.age_group,
    borrowers.marital_status,
    borrowers.education_level,
    borrowers.is_marketing_opt_in
from loans
left join applied on loans.account_natural_key = applied.account_natural_key
left join borrowers on loans.account_natural_key = borrowers.account_natural_key
