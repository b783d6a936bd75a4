{#-
    What is known of each customer now and changes with time, beside the versions of dim_customer.
    Grain: one row per customer that a feed has delivered.
-#}
with newest as (
    {{ newest_version(ref('stg_customers'), 'customer_id') }}
),

persons as (
    {{ newest_version(ref('vault_customers'), 'customer_id') }}
),

clock as (
    select * from {{ ref('data_clock') }}
),

ages as (
    select
        persons.customer_id,
        case
            when persons.date_of_birth is not null and clock.as_of_date is not null
                then {{ completed_years('persons.date_of_birth', 'clock.as_of_date') }}
            else persons.age_years
        end as age_years
    from persons
    cross join clock
)

select
    newest.customer_id as customer_natural_key,
    {{ age_group('ages.age_years') }} as age_group,
    ages.age_years,
    newest.customer_lifetime_value_amount,
    newest.churn_risk_score,
    newest.last_login_date,
    newest.updated_at,
    newest._batch_id
from newest
left join ages on newest.customer_id = ages.customer_id
