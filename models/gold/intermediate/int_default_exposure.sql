{#-
    Instalments due of loans that were not in default, at least 90 days ago, with what was known
    before, and whether each was the first that stayed unpaid for 90 days.
    Grain: one row per instalment.
-#}
{%- set drivers = default_drivers() %}
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

account_versions as (
    select * from {{ ref('dim_account') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    where customer_key <> {{ unknown_key() }}
),

applications as (
    select * from {{ ref('fact_credit_applications') }}
    where is_approved and decision_date is not null
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end
),

indicators as (
    select * from {{ ref('stg_economic_indicators') }}
    where unemployment_rate is not null
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
                payments.paid_date is not null
                and payments.paid_date < {{ add_days('payments.scheduled_date', 90) }} then false
            when accounts.close_date < {{ add_days('payments.scheduled_date', 90) }} then null
            else true
        end as is_event,
        min(payments.scheduled_date) over (partition by payments.account_natural_key)
            as first_scheduled_date
    from payments
    inner join clock on payments.scheduled_date <= {{ add_days('clock.as_of_date', -90) }}
    left join accounts on payments.account_natural_key = accounts.account_natural_key
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
),

loans as (
    select
        account_natural_key,
        customer_natural_key,
        product_key,
        origination_date
    from (
        select
            account_natural_key,
            customer_natural_key,
            product_key,
            origination_date,
            row_number() over (
                partition by account_natural_key
                order by scheduled_date nulls last, payment_id nulls last
            ) as recency
        from exposed
    ) as instalments
    where recency = 1
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
        customers.age_group,
        customers.marital_status,
        customers.education_level,
        customers.is_marketing_opt_in
    from loans
    inner join customers
        on
            loans.customer_natural_key = customers.customer_natural_key
            and customers.valid_from <= {{ end_of_day('loans.origination_date') }}
            and customers.valid_to > {{ end_of_day('loans.origination_date') }}
),

cards as (
    select
        snapshots.customer_natural_key,
        snapshots.snapshot_date,
        {{ ratio(
            'sum(case when snapshots.closing_balance < 0 then -snapshots.closing_balance else 0 end)',
            'sum(account_versions.credit_limit_amount)'
        ) }} as utilisation_rate
    from snapshots
    inner join products on snapshots.product_key = products.product_key
    inner join account_versions on snapshots.account_key = account_versions.account_key
    where products.product_category = 'Credit' and account_versions.credit_limit_amount > 0
    group by snapshots.customer_natural_key, snapshots.snapshot_date
),

due_days as (
    select distinct scheduled_date
    from exposed
),

unemployment as (
    select
        scheduled_date,
        unemployment_rate
    from (
        select
            due_days.scheduled_date,
            indicators.unemployment_rate,
            row_number() over (
                partition by due_days.scheduled_date
                order by indicators.indicator_date desc nulls last
            ) as recency
        from due_days
        inner join indicators on due_days.scheduled_date >= indicators.indicator_date
    ) as dated_indicators
    where recency = 1
),

known as (
    select
        exposed.payment_id,
        exposed.account_natural_key,
        exposed.customer_natural_key,
        exposed.scheduled_date,
        exposed.is_event,
        coalesce(applied.credit_score, borrowers.credit_score) as credit_score,
        applied.debt_to_income_rate,
        cast(coalesce(applied.approved_rate, exposed.interest_rate) as {{ type_double() }})
            as loan_rate,
        cards.utilisation_rate,
        unemployment.unemployment_rate,
        {{ completed_months('exposed.first_scheduled_date', 'exposed.scheduled_date') }}
            as loan_age_months,
        {{ known_text('borrowers.age_group') }} as age_group_bin,
        {{ known_text('borrowers.marital_status') }} as marital_status_bin,
        {{ known_text('borrowers.education_level') }} as education_bin,
        borrowers.is_marketing_opt_in
    from exposed
    left join applied on exposed.account_natural_key = applied.account_natural_key
    left join borrowers on exposed.account_natural_key = borrowers.account_natural_key
    left join cards
        on
            exposed.customer_natural_key = cards.customer_natural_key
            and exposed.month_before_date = cards.snapshot_date
    left join unemployment on exposed.scheduled_date = unemployment.scheduled_date
    where exposed.is_event is not null and exposed.earlier_default_count = 0
)

select
    payment_id,
    account_natural_key,
    customer_natural_key,
    scheduled_date,
    is_event,
    credit_score,
    debt_to_income_rate,
    loan_rate,
    utilisation_rate,
    unemployment_rate,
    loan_age_months,
    {{ driver_bin(drivers, 'credit_score', 'credit_score') }} as credit_score_bin,
    {{ driver_bin(drivers, 'debt_to_income', 'debt_to_income_rate') }} as debt_to_income_bin,
    {{ driver_bin(drivers, 'loan_rate', 'loan_rate') }} as loan_rate_bin,
    {{ driver_bin(drivers, 'utilisation', 'utilisation_rate', 'utilisation_rate is null') }}
        as utilisation_bin,
    {{ driver_bin(drivers, 'unemployment', 'unemployment_rate') }} as unemployment_bin,
    {{ driver_bin(drivers, 'loan_age', 'loan_age_months') }} as loan_age_bin,
    age_group_bin,
    marital_status_bin,
    education_bin,
    {{ flag_bin('is_marketing_opt_in') }} as marketing_opt_in_bin
from known
