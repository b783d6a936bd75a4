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
    count(*) as interaction_count,
    {{ count_if('is_complaint') }} as complaint_count,
    {{ count_if('not is_resolved') }} as unresolved_count,
    avg(cast(satisfaction_score as {{ type_double() }})) as average_satisfaction_score
from interactions
where customer_natural_key is not null
group by customer_natural_key, interaction_month
