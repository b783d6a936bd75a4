{#-
    How long each account that was opened under observation stayed open, in month ends.
    Grain: one row per account opened since the first event.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
    where is_current and not is_inferred
),

account_states as (
    select * from {{ ref('current_account') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

opened as (
    select
        accounts.account_natural_key,
        coalesce(accounts.product_natural_key, -1) as product_natural_key,
        accounts.currency,
        accounts.open_date,
        account_states.close_date,
        {{ month_start('accounts.open_date') }} as open_month_start_date,
        {{ completed_months(
            month_start('accounts.open_date'), month_start('clock.as_of_date')
        ) }} as clock_month,
        clock.as_of_date = {{ month_end('clock.as_of_date') }} as is_month_complete,
        case
            when account_states.close_date <= clock.as_of_date
                then {{ completed_months(
                    month_start('accounts.open_date'), month_start('account_states.close_date')
                ) }}
        end as exit_month
    from accounts
    left join account_states
        on accounts.account_natural_key = account_states.account_natural_key
    inner join clock
        on
            accounts.open_date >= coalesce(clock.first_transaction_date, clock.first_event_date)
            and accounts.open_date <= clock.as_of_date
    -- closed without a date: nobody knows how long it stayed
    where
        account_states.close_date is not null
        or coalesce(accounts.account_status <> 'Closed', true)
)

select
    opened.account_natural_key,
    opened.product_natural_key,
    {{ known_text('products.product_name') }} as product_name,
    {{ known_text('products.product_category') }} as product_category,
    opened.currency,
    opened.open_date,
    cast({{ dbt.date_trunc('quarter', 'opened.open_date') }} as date) as cohort_start_date,
    {{ left_characters(year_month('opened.open_date'), 4) }}
    || '-Q' || cast(
        cast(extract(quarter from opened.open_date) as integer) as {{ dbt.type_string() }}
    ) as cohort_name,
    opened.open_month_start_date,
    case when opened.is_month_complete then opened.clock_month else opened.clock_month - 1 end
        as observed_month,
    opened.exit_month
from opened
left join products on opened.product_natural_key = products.product_natural_key
