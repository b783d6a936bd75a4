{#-
    How far each application has come by the clock, and the reason that the credit policy
    gives. Grain: one row per application.
-#}
{%- set text = dbt.type_string() %}
{%- set double = type_double() %}
{%- set cutoff = var('credit_score_cutoff') %}
{%- set near = var('near_miss_points') %}
{%- set limit = var('debt_to_income_limit') %}
{%- set edges = [cutoff - 60, cutoff - near, cutoff, cutoff + near, cutoff + 60] %}
{%- set labels = ['Below ' ~ edges[0]] %}
{%- for edge in edges[:-1] %}
{%- do labels.append(edge ~ ' to ' ~ (edges[loop.index] - 1)) %}
{%- endfor %}
{%- do labels.append(edges[-1] ~ ' and more') %}
with clock as (
    select * from {{ ref('data_clock') }}
),

applications as (
    select * from {{ ref('fact_credit_applications') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

staged as (
    select
        applications.application_id,
        {{ known_text('products.product_category') }} as product_category,
        applications.customer_natural_key,
        applications.credit_score,
        applications.debt_to_income_rate,
        applications.requested_amount,
        applications.approved_amount,
        applications.decision_days,
        case
            when
                not applications.is_approved and not applications.is_declined
                or applications.decision_date > clock.as_of_date then 'pending'
            when applications.is_declined then 'declined'
            else 'approved'
        end as stage,
        coalesce(applications.credit_score < {{ cutoff }}, false) as is_below_cutoff,
        coalesce(applications.debt_to_income_rate > {{ limit }}, false) as is_over_limit,
        {{ fixed_bin('applications.credit_score', edges, labels) }} as score_band
    from applications
    inner join clock on applications.application_date <= clock.as_of_date
    left join products on applications.product_key = products.product_key
)

select
    application_id,
    product_category,
    customer_natural_key,
    credit_score,
    debt_to_income_rate,
    requested_amount,
    stage,
    score_band,
    case when stage = 'approved' then approved_amount end as approved_amount,
    case when stage <> 'pending' then decision_days end as decision_days,
    case
        when stage = 'pending' then 'undecided'
        when stage = 'approved' and (is_below_cutoff or is_over_limit)
            then 'policy exception'
        when stage = 'approved' then 'within policy'
        when is_below_cutoff and is_over_limit then 'both'
        when is_below_cutoff then 'score below cutoff'
        when is_over_limit then 'debt to income above limit'
        else 'other reason'
    end as reason,
    stage = 'declined'
    and is_below_cutoff
    and coalesce(credit_score >= {{ cutoff - near }}, false) as is_near_miss
from staged
