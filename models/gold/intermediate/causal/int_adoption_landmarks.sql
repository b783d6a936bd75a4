{#-
    Customers at each quarter, by whether they opened their first investment account in it, with
    their purchases before and after. Out of the controls are who opened one in the half year
    after; out of all who had one before or had left by the quarter's end.
    Grain: one row per customer and quarter.
-#}
with months as (
    select
        month_number,
        month_start_date,
        month_end_date,
        row_number() over (order by month_number nulls last) as place,
        count(*) over () as places
    from {{ ref('int_covered_months') }}
    where last_known_date = month_end_date
),

-- the first six months tell what was bought before, the last six what was bought after
quarters as (
    select
        opening.place as first_place,
        opening.month_start_date as landmark_date,
        opening.month_number as first_month,
        closing.month_number as last_month,
        closing.month_end_date,
        {{ add_months('closing.month_end_date', 6) }} as outcome_end_date
    from months as opening
    inner join months as closing on opening.place + 2 = closing.place
    where opening.place >= 7 and closing.place + 6 <= opening.places and (opening.place - 7) % 3 = 0
),

summaries as (
    select * from {{ ref('fact_customer_monthly_summary') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

accounts as (
    select distinct
        dim_account.account_natural_key,
        dim_account.customer_natural_key,
        dim_account.open_date
    from {{ ref('dim_account') }} as dim_account
    inner join {{ ref('dim_product') }} as products
        on dim_account.product_key = products.product_key
    where products.product_category = 'Investment'
),

adopters as (
    select
        customer_natural_key,
        min(open_date) as adopted_date
    from accounts
    where customer_natural_key is not null
    group by customer_natural_key
),

at_risk as (
    select
        quarters.first_place,
        quarters.landmark_date,
        here.customer_natural_key,
        here.customer_key,
        coalesce(adopters.adopted_date <= quarters.month_end_date, false) as is_adopter
    from quarters
    inner join summaries as here
        on quarters.last_month = here.summary_month and here.open_account_count > 0
    left join adopters on here.customer_natural_key = adopters.customer_natural_key
    where
        coalesce(
            adopters.adopted_date >= quarters.landmark_date
            and (
                adopters.adopted_date <= quarters.month_end_date
                or adopters.adopted_date > quarters.outcome_end_date
            ), true
        )
),

bought as (
    select
        at_risk.customer_natural_key,
        at_risk.landmark_date,
        sum(case when months.place >= at_risk.first_place + 3 then summaries.purchase_count end)
            as outcome_count,
        sum(
            case
                when months.place between at_risk.first_place - 6 and at_risk.first_place - 1
                    then summaries.purchase_count
            end
        ) as before_count,
        sum(
            case
                when months.place < at_risk.first_place - 6 then summaries.purchase_count
            end
        ) as earlier_count,
        count(
            case
                when months.place between at_risk.first_place - 6 and at_risk.first_place - 1
                    then 1
            end
        ) as before_months,
        count(case when months.place < at_risk.first_place - 6 then 1 end) as earlier_months
    from at_risk
    inner join months
        on months.place between at_risk.first_place - 12 and at_risk.first_place + 8
    inner join summaries
        on
            at_risk.customer_natural_key = summaries.customer_natural_key
            and months.month_number = summaries.summary_month
    group by at_risk.customer_natural_key, at_risk.landmark_date
)

select
    at_risk.customer_natural_key,
    at_risk.landmark_date,
    at_risk.is_adopter,
    customers.annual_income_amount,
    {{ days_between('customers.signup_date', 'at_risk.landmark_date') }} as tenure_days,
    {{ known_text('customers.customer_segment') }} as customer_segment,
    cast(coalesce(bought.outcome_count, 0) as bigint) as outcome_count,
    cast(coalesce(bought.before_count, 0) as bigint) as before_count,
    cast(case when bought.earlier_months = 6 then bought.earlier_count end as bigint)
        as earlier_count
from at_risk
inner join bought
    on
        at_risk.customer_natural_key = bought.customer_natural_key
        and at_risk.landmark_date = bought.landmark_date
inner join customers on at_risk.customer_key = customers.customer_key
-- newcomers have bought for too short a time to be told from who buys little
where bought.before_months = 6
