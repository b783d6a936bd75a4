{#-
    What each customer earned for the bank in each complete month. Grain: one row per customer
    and month.
-#}
with months as (
    select * from {{ ref('int_covered_months') }}
    where last_known_date = month_end_date
),

summaries as (
    select * from {{ ref('fact_customer_monthly_summary') }}
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end
),

-- of a balance that the bank's own figure refutes no margin is known
refuted_accounts as (
    select * from {{ ref('current_account') }}
    where is_balance_refuted
),

products as (
    select * from {{ ref('dim_product') }}
),

positions as (
    select
        snapshots.customer_natural_key,
        snapshots.snapshot_month,
        {{ money_if(
            "products.product_category = 'Deposit' and snapshots.reporting_balance > 0",
            'snapshots.reporting_balance'
        ) }} as deposit_balance,
        {{ money_if(
            "products.product_category = 'Credit' and snapshots.reporting_balance < 0",
            '-snapshots.reporting_balance'
        ) }} as card_balance,
        {{ money_if(
            "products.product_category = 'Loan' and snapshots.reporting_balance < 0",
            '-snapshots.reporting_balance'
        ) }} as loan_balance
    from snapshots
    left join products on snapshots.product_key = products.product_key
    left join refuted_accounts
        on snapshots.account_natural_key = refuted_accounts.account_natural_key
    where refuted_accounts.account_natural_key is null
    group by snapshots.customer_natural_key, snapshots.snapshot_month
),

held as (
    select
        summaries.customer_natural_key,
        months.month_number,
        months.month_end_date,
        summaries.purchase_count,
        coalesce(summaries.purchase_amount, 0) as purchase_amount,
        coalesce(summaries.fee_amount, 0) as fee_amount,
        coalesce(positions.deposit_balance, 0) as deposit_balance,
        coalesce(positions.card_balance, 0) as card_balance,
        coalesce(positions.loan_balance, 0) as loan_balance
    from summaries
    inner join months on summaries.summary_month = months.month_number
    left join positions
        on
            summaries.customer_natural_key = positions.customer_natural_key
            and summaries.summary_month = positions.snapshot_month
),

balances as (
    select
        customer_natural_key,
        month_number,
        month_end_date,
        purchase_count,
        purchase_amount,
        fee_amount,
        deposit_balance,
        card_balance,
        loan_balance,
        lag(deposit_balance) over (
            partition by customer_natural_key order by month_number nulls last
        ) as previous_deposit_balance,
        lag(card_balance) over (
            partition by customer_natural_key order by month_number nulls last
        ) as previous_card_balance,
        lag(loan_balance) over (
            partition by customer_natural_key order by month_number nulls last
        ) as previous_loan_balance
    from held
),

parts as (
    -- spreads on the mean of the balances at the start and the end of the month
    select
        customer_natural_key,
        month_number,
        month_end_date,
        purchase_count,
        purchase_amount,
        fee_amount,
        {{ money('purchase_amount * ' ~ var('interchange_rate')) }} as interchange_amount,
        {{ money(
            '(deposit_balance + coalesce(previous_deposit_balance, deposit_balance)) / 2.0 * '
            ~ var('deposit_spread_rate') ~ ' / 12'
        ) }} as deposit_margin_amount,
        {{ money(
            '(card_balance + coalesce(previous_card_balance, card_balance)) / 2.0 * '
            ~ var('card_spread_rate') ~ ' / 12'
        ) }} as card_margin_amount,
        {{ money(
            '(loan_balance + coalesce(previous_loan_balance, loan_balance)) / 2.0 * '
            ~ var('loan_spread_rate') ~ ' / 12'
        ) }} as loan_margin_amount
    from balances
)

select
    customer_natural_key,
    month_number,
    month_end_date,
    purchase_count,
    purchase_amount,
    interchange_amount,
    fee_amount,
    deposit_margin_amount,
    card_margin_amount,
    loan_margin_amount,
    {{ exact_money(
        'interchange_amount + fee_amount + deposit_margin_amount + card_margin_amount'
        ~ ' + loan_margin_amount'
    ) }} as margin_amount
from parts
