{#-
    Contacts of each customer in a month with contacts.
    Grain: one row per customer and month.
-#}
{{ config(materialized='view') }}
with interactions as (
    select * from {{ ref('fact_customer_interactions') }}
)

select
    customer_natural_key,
    interaction_month as summary_month,
    cast(count(*) as bigint) as interaction_count,
    cast(sum(case when is_complaint then 1 else 0 end) as bigint) as complaint_count,
    cast(
        sum(case when is_resolved is not null and not is_resolved then 1 else 0 end) as bigint
    ) as unresolved_count,
    avg(cast(satisfaction_score as {{ type_double() }})) as average_satisfaction_score
from interactions
where customer_natural_key is not null
group by customer_natural_key, interaction_month
