{#- The account book at the clock. Grain: one row. -#}
with clock as (
    select * from {{ ref('data_clock') }}
),

accounts as (
    select * from {{ ref('int_accounts_at_dates') }}
    where position_name = 'current'
),

loan_months as (
    select * from {{ ref('int_loan_month') }}
),

scheduled_accounts as (
    select distinct payments.account_natural_key
    from {{ ref('fact_loan_payments') }} as payments
    inner join clock on payments.scheduled_date <= clock.as_of_date
),

past_due_accounts as (
    select loan_months.account_natural_key
    from loan_months
    inner join clock on loan_months.last_known_date = clock.as_of_date
    where loan_months.past_due_days > 0
),

joined as (
    select
        accounts.account_natural_key,
        accounts.customer_natural_key,
        accounts.product_category,
        accounts.account_status,
        accounts.is_open,
        accounts.is_autopay_enabled,
        accounts.age_months,
        accounts.account_balance,
        case
            when
                accounts.is_open
                and accounts.product_category = 'Credit'
                and accounts.credit_limit_amount > 0
                then accounts.credit_limit_amount
        end as credit_limit_amount,
        accounts.is_open and scheduled_accounts.account_natural_key is not null as is_loan,
        accounts.is_open and past_due_accounts.account_natural_key is not null as is_past_due
    from accounts
    left join scheduled_accounts
        on accounts.account_natural_key = scheduled_accounts.account_natural_key
    left join past_due_accounts
        on accounts.account_natural_key = past_due_accounts.account_natural_key
),

measured as (
    select
        count(*) as total_accounts,
        {{ count_if("account_status = 'Active'") }} as active_account_count,
        {{ count_if("account_status = 'Dormant'") }} as dormant_account_count,
        {{ count_if("account_status = 'Closed'") }} as closed_account_count,
        {{ count_if('is_open') }} as open_account_count,
        count(distinct customer_natural_key) as unique_customers,
        {{ money('sum(account_balance)') }} as total_balance,
        {{ money(
            "sum(case when product_category in ('Deposit', 'Investment') then account_balance end)"
        ) }}
            as deposit_balance,
        {{ money(
            "sum(case when product_category in ('Credit', 'Loan') then -account_balance end)"
        ) }}
            as owed_balance,
        {{ money(
            "sum(case when product_category not in ('Deposit', 'Investment', 'Credit', 'Loan')"
            ~ " then account_balance end)"
        ) }} as other_balance,
        {{ average_money('account_balance') }} as avg_balance,
        {{ money('sum(credit_limit_amount)') }} as credit_limit_amount,
        {{ money('sum(case when account_balance is not null then credit_limit_amount end)') }}
            as used_limit_amount,
        {{ money(
            'sum(case'
            ~ ' when credit_limit_amount is not null and account_balance < 0 then -account_balance'
            ~ ' when credit_limit_amount is not null and account_balance >= 0 then 0 end)'
        ) }} as used_credit_amount,
        {{ count_if('is_past_due and is_loan') }} as past_due_account_count,
        {{ count_if('is_loan') }} as loan_account_count,
        {{ average('case when is_open then age_months end') }} as avg_age_months,
        {{ percentage(
            count_if('is_open and is_autopay_enabled'),
            'count(case when is_open then is_autopay_enabled end)'
        ) }}
            as autopay_pct
    from joined
)

select
    measured.total_accounts,
    measured.active_account_count,
    measured.dormant_account_count,
    measured.closed_account_count,
    measured.total_accounts - measured.active_account_count - measured.dormant_account_count
    - measured.closed_account_count as unknown_status_account_count,
    measured.open_account_count,
    measured.unique_customers,
    measured.total_balance,
    measured.deposit_balance,
    measured.owed_balance,
    measured.other_balance,
    measured.avg_balance,
    measured.credit_limit_amount,
    measured.used_credit_amount,
    {{ percentage('measured.used_credit_amount', 'measured.used_limit_amount') }}
        as utilisation_pct,
    {{ percentage('measured.active_account_count', 'measured.total_accounts') }} as active_pct,
    measured.past_due_account_count,
    measured.loan_account_count,
    {{ percentage('measured.past_due_account_count', 'measured.loan_account_count') }}
        as past_due_rate_pct,
    measured.avg_age_months,
    measured.autopay_pct,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('measured.total_accounts > 0') }} as status,
    clock.as_of_date
from measured
cross join clock
