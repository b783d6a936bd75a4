{#-
    Customers at risk of leaving in each of the last complete months, with what was known when the
    month began, and who left in it. Grain: one row per customer and month.
-#}
{%- set drivers = churn_drivers() %}
with all_months as (
    select * from {{ ref('int_covered_months') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    where customer_key <> {{ unknown_key() }} and not is_inferred
),

accounts as (
    select * from {{ ref('dim_account') }}
    where customer_natural_key is not null
),

products as (
    select * from {{ ref('dim_product') }}
),

listed_rates as (
    select * from {{ ref('stg_products') }}
),

indicators as (
    select * from {{ ref('stg_economic_indicators') }}
    where federal_funds_rate is not null
),

reports as (
    select * from {{ ref('stg_customers') }}
    where last_login_date is not null
),

contacts as (
    select * from {{ ref('fact_customer_interactions') }}
    where
        is_resolved is not null
        and not is_resolved
        and (is_complaint or lower(interaction_reason) like '%dispute%')
),

events as (
    select * from {{ ref('fact_account_events') }}
    where event_type = 'Autopay Enrolled'
),

summaries as (
    select * from {{ ref('fact_customer_monthly_summary') }}
),

months as (
    select
        month_number,
        month_start_date,
        month_end_date,
        {{ add_months('month_start_date', -3) }} as recent_date,
        {{ add_months('month_start_date', -7) }} as half_year_date
    from (
        select
            month_number,
            month_start_date,
            month_end_date,
            row_number() over (order by month_number desc nulls last) as recency
        from all_months
        where last_known_date = month_end_date
    ) as complete_months
    where recency <= {{ var('churn_window_months') }}
),

inactive_since as (
    -- from when the bank calls a customer inactive, who is so now
    select
        customer_natural_key,
        max(case when not is_active and coalesce(was_active, false) then valid_from end) as left_at
    from (
        select
            customer_natural_key,
            is_active,
            is_current,
            valid_from,
            lag(is_active) over (
                partition by customer_natural_key order by valid_from nulls last
            ) as was_active
        from customers
    ) as versions
    group by customer_natural_key
    having count(case when is_current and not is_active then 1 end) > 0
),

without_account as (
    select
        customer_natural_key,
        max(close_date) as closed_date
    from accounts
    where is_current
    group by customer_natural_key
    having count(*) = count(close_date)
),

leavers as (
    -- whichever comes first: the last account closes, or the bank calls the customer inactive
    select
        customer_natural_key,
        min(left_date) as left_date
    from (
        select
            customer_natural_key,
            cast(left_at as date) as left_date
        from inactive_since
        where left_at is not null
        union all
        select
            customer_natural_key,
            closed_date as left_date
        from without_account
    ) as departures
    group by customer_natural_key
),

at_risk as (
    select
        customers.customer_natural_key,
        customers.customer_segment,
        customers.age_group,
        customers.marital_status,
        customers.education_level,
        customers.home_ownership,
        customers.is_marketing_opt_in,
        customers.preferred_channel,
        months.month_number,
        months.month_start_date,
        months.recent_date,
        coalesce(leavers.left_date <= months.month_end_date, false) as is_event,
        {{ dbt.datediff('customers.signup_date', 'months.month_start_date', 'day') }}
            as tenure_days
    from customers
    inner join months
        on
            customers.valid_from < months.month_start_date
            and customers.valid_to >= months.month_start_date
    left join leavers on customers.customer_natural_key = leavers.customer_natural_key
    where
        coalesce(customers.is_active, true)
        and (customers.signup_date is null or customers.signup_date < months.month_start_date)
        and (leavers.left_date is null or leavers.left_date >= months.month_start_date)
),

complained as (
    select distinct
        contacts.customer_natural_key,
        months.month_number
    from contacts
    inner join months
        on
            contacts.interaction_at < months.month_start_date
            and contacts.interaction_at >= months.recent_date
    where contacts.customer_natural_key is not null
),

usage as (
    select
        customer_natural_key,
        summary_month,
        sum(fee_count) over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 3 preceding and 1 preceding
        ) as recent_fee_count,
        avg(cast(posted_count as {{ type_double() }})) over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 3 preceding and 1 preceding
        ) as recent_posted_count,
        avg(cast(posted_count as {{ type_double() }})) over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 15 preceding and 4 preceding
        ) as usual_posted_count,
        count(*) over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 15 preceding and 4 preceding
        ) as usual_month_count
    from summaries
),

logins as (
    -- what the newest report of the half year before says; older ones say nothing about now
    select
        customer_natural_key,
        month_number,
        login_gap_days
    from (
        select
            reports.customer_id as customer_natural_key,
            months.month_number,
            {{ dbt.datediff('reports.last_login_date', 'cast(reports.updated_at as date)', 'day') }}
                as login_gap_days,
            row_number() over (
                partition by reports.customer_id, months.month_number
                order by reports.updated_at desc nulls last
            ) as recency
        from reports
        inner join months
            on
                reports.updated_at < months.month_start_date
                and reports.updated_at >= months.half_year_date
    ) as dated_reports
    where recency = 1
),

enrolled as (
    select
        customer_natural_key,
        min(event_at) as enrolled_at
    from events
    group by customer_natural_key
),

held as (
    -- the version of each account when the month began
    select
        accounts.customer_natural_key,
        accounts.is_autopay_enabled,
        accounts.account_status,
        accounts.product_natural_key,
        accounts.interest_rate,
        months.month_number,
        months.month_start_date,
        coalesce(
            products.product_category = 'Deposit'
            and (
                lower(products.product_name) like '%saving%'
                or lower(products.product_name) like '%money market%'
            ), false
        ) as is_savings
    from accounts
    inner join months
        on
            accounts.valid_from < months.month_start_date
            and accounts.valid_to >= months.month_start_date
            and accounts.open_date < months.month_start_date
            and (accounts.close_date is null or accounts.close_date >= months.month_start_date)
    left join products on accounts.product_key = products.product_key
),

our_rates as (
    -- the listed rate that was valid when the month began
    select
        month_number,
        product_id,
        interest_rate
    from (
        select
            months.month_number,
            listed_rates.product_id,
            listed_rates.interest_rate,
            row_number() over (
                partition by months.month_number, listed_rates.product_id
                order by listed_rates.updated_at desc nulls last
            ) as recency
        from listed_rates
        inner join months
            on listed_rates.updated_at < {{ dbt.dateadd('day', 1, 'months.month_start_date') }}
    ) as dated_rates
    where recency = 1
),

market_rates as (
    select
        month_number,
        federal_funds_rate
    from (
        select
            months.month_number,
            indicators.federal_funds_rate,
            row_number() over (
                partition by months.month_number
                order by indicators.indicator_date desc nulls last
            ) as recency
        from indicators
        inner join months on indicators.indicator_date <= months.month_start_date
    ) as dated_indicators
    where recency = 1
),

holdings as (
    select
        held.customer_natural_key,
        held.month_number,
        {{ count_if('held.is_autopay_enabled') }} as autopay_count,
        count(held.is_autopay_enabled) as autopay_known_count,
        {{ count_if('held.is_savings') }} as savings_count,
        {{ count_if("held.account_status = 'Dormant'") }} as dormant_count,
        count(held.account_status) as status_known_count,
        100.0 * cast(
            max(case
                when held.is_savings then coalesce(our_rates.interest_rate, held.interest_rate)
            end) as {{ type_double() }}
        ) as savings_rate
    from held
    left join our_rates
        on
            held.product_natural_key = our_rates.product_id
            and held.month_number = our_rates.month_number
    group by held.customer_natural_key, held.month_number
),

known as (
    select
        at_risk.customer_natural_key,
        at_risk.month_number,
        at_risk.month_start_date,
        at_risk.is_event,
        cast(at_risk.tenure_days as {{ type_double() }}) / 365.25 as tenure_years,
        {{ known_text('at_risk.customer_segment') }} as customer_segment,
        complained.customer_natural_key is not null as has_complaint,
        usage.recent_fee_count > 0 as has_fee,
        case
            when usage.usual_month_count >= 3
                then usage.recent_posted_count / nullif(usage.usual_posted_count, 0)
        end as activity_ratio,
        logins.login_gap_days,
        case when holdings.status_known_count > 0 then holdings.dormant_count > 0 end
            as has_dormant,
        holdings.savings_count > 0 as has_savings,
        market_rates.federal_funds_rate - holdings.savings_rate as rate_gap,
        case
            when enrolled.enrolled_at < at_risk.month_start_date then true
            when enrolled.enrolled_at is not null then false
            when holdings.autopay_known_count > 0 then holdings.autopay_count > 0
        end as has_autopay,
        {{ known_text('at_risk.age_group') }} as age_group_bin,
        {{ known_text('at_risk.marital_status') }} as marital_status_bin,
        {{ known_text('at_risk.education_level') }} as education_bin,
        {{ known_text('at_risk.home_ownership') }} as home_ownership_bin,
        {{ known_text('at_risk.preferred_channel') }} as preferred_channel_bin,
        at_risk.is_marketing_opt_in
    from at_risk
    left join complained
        on
            at_risk.customer_natural_key = complained.customer_natural_key
            and at_risk.month_number = complained.month_number
    left join usage
        on
            at_risk.customer_natural_key = usage.customer_natural_key
            and at_risk.month_number = usage.summary_month
    left join logins
        on
            at_risk.customer_natural_key = logins.customer_natural_key
            and at_risk.month_number = logins.month_number
    left join enrolled on at_risk.customer_natural_key = enrolled.customer_natural_key
    left join holdings
        on
            at_risk.customer_natural_key = holdings.customer_natural_key
            and at_risk.month_number = holdings.month_number
    left join market_rates on at_risk.month_number = market_rates.month_number
)

select
    customer_natural_key,
    month_number,
    month_start_date,
    customer_segment,
    is_event,
    {{ flag_bin('has_complaint') }} as unresolved_complaint_bin,
    {{ flag_bin('has_fee') }} as fee_event_bin,
    {{ driver_bin(drivers, 'activity', 'activity_ratio') }} as activity_bin,
    {{ driver_bin(drivers, 'login_gap', 'login_gap_days') }} as login_gap_bin,
    {{ flag_bin('has_dormant') }} as dormant_bin,
    {{ driver_bin(drivers, 'rate_gap', 'rate_gap', 'not coalesce(has_savings, false)') }}
        as rate_gap_bin,
    {{ driver_bin(drivers, 'tenure', 'tenure_years') }} as tenure_bin,
    {{ flag_bin('has_autopay') }} as autopay_bin,
    age_group_bin,
    marital_status_bin,
    education_bin,
    home_ownership_bin,
    {{ flag_bin('is_marketing_opt_in') }} as marketing_opt_in_bin,
    preferred_channel_bin
from known
