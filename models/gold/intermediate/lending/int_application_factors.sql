{#-
    Decided applications for credit, with what was known of the applicant, in bins.
    Grain: one row per application.
-#}
{%- set cutoff = var('credit_score_cutoff') %}
{%- set limit = var('debt_to_income_limit') %}
{%- set score_edges = [cutoff - 60, cutoff, cutoff + 60] %}
{%- set score_labels = [
    'Below ' ~ score_edges[0],
    score_edges[0] ~ ' to ' ~ (cutoff - 1),
    cutoff ~ ' to ' ~ (score_edges[2] - 1),
    score_edges[2] ~ ' and more',
] %}
with reasons as (
    select * from {{ ref('int_application_reasons') }}
    where stage <> 'pending'
),

applications as (
    select * from {{ ref('fact_credit_applications') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

customer_states as (
    select * from {{ ref('current_customer') }}
)

select
    reasons.application_id,
    reasons.stage = 'approved' as is_approved,
    {{ fixed_bin('reasons.credit_score', score_edges, score_labels) }} as credit_score_factor,
    cast(
        case
            when reasons.debt_to_income_rate is null then 'Unknown'
            when reasons.debt_to_income_rate > {{ limit }} then 'Above the limit'
            when reasons.debt_to_income_rate > {{ limit }} * 2.0 / 3.0 then 'Upper third'
            when reasons.debt_to_income_rate > {{ limit }} / 3.0 then 'Middle third'
            else 'Lower third'
        end as {{ dbt.type_string() }}
    ) as debt_to_income_factor,
    {{ fixed_bin(
        'applications.employment_years', [1, 3, 7],
        ['Below 1 year', '1 to 3 years', '3 to 7 years', '7 years and more']
    ) }} as employment_factor,
    reasons.product_category as product_category_factor,
    {{ known_text('applications.application_channel') }} as application_channel_factor,
    {{ known_text('customers.customer_segment') }} as customer_segment_factor,
    {{ known_text('customer_states.age_group') }} as age_group_factor,
    {{ known_text('customers.marital_status') }} as marital_status_factor
from reasons
inner join applications on reasons.application_id = applications.application_id
left join customers
    on
        applications.customer_key = customers.customer_key
        and customers.customer_key <> {{ unknown_key() }}
left join customer_states
    on applications.customer_natural_key = customer_states.customer_natural_key
