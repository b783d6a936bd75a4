{#-
    What becomes of applications for credit, why they are declined, and how many miss the cutoff
    narrowly. Grain: one row per product category, stage, reason and score band.
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

explained as (
    select * from {{ ref('int_application_reasons') }}
),

counted as (
    select
        product_category,
        stage,
        reason,
        score_band,
        coalesce(is_near_miss, false) as is_near_miss,
        cast(count(*) as bigint) as application_count,
        cast(count(distinct customer_natural_key) as bigint) as applicant_count,
        {{ money('coalesce(sum(requested_amount), 0)') }} as requested_amount,
        {{ money('coalesce(sum(approved_amount), 0)') }} as approved_amount,
        {{ average('credit_score') }} as avg_credit_score,
        {{ average_double('debt_to_income_rate') }} as avg_debt_to_income_rate,
        {{ average('decision_days') }} as avg_decision_days
    from explained
    group by product_category, stage, reason, score_band, coalesce(is_near_miss, false)
),

based as (
    select
        product_category,
        stage,
        reason,
        score_band,
        is_near_miss,
        application_count,
        applicant_count,
        requested_amount,
        approved_amount,
        avg_credit_score,
        avg_debt_to_income_rate,
        avg_decision_days,
        sum(application_count) over (partition by product_category) as category_count,
        cast(sum(case when stage = 'pending' then 0 else application_count end)
            over (partition by product_category, score_band)
        as bigint) as band_application_count,
        cast(sum(case when stage = 'declined' then application_count else 0 end)
            over (partition by product_category, score_band)
        as bigint) as band_declined_count
    from counted
)

select
    {{ known_text('based.product_category') }} as product_category,
    cast(coalesce(based.stage, 'none') as {{ text }}) as stage,
    cast(
        case based.stage when 'pending' then 1 when 'declined' then 2 when 'approved' then 3 end
        as integer
    ) as stage_number,
    cast(coalesce(based.reason, 'none') as {{ text }}) as reason,
    {{ known_text('based.score_band') }} as score_band,
    cast(
        case based.score_band
            {%- for label in labels %}
            when '{{ label }}' then {{ loop.index }}
            {%- endfor %}
            else {{ labels | length + 1 }}
        end as integer
    ) as score_band_number,
    coalesce(based.is_near_miss, false) as is_near_miss,
    coalesce(based.application_count, 0) as application_count,
    coalesce(based.applicant_count, 0) as applicant_count,
    {{ percentage('based.application_count', 'based.category_count') }} as pct_of_total,
    coalesce(based.band_application_count, 0) as band_application_count,
    coalesce(based.band_declined_count, 0) as band_declined_count,
    {{ percentage('based.band_declined_count', 'based.band_application_count') }}
        as band_decline_rate_pct,
    {{ wilson_lower('based.band_declined_count', 'based.band_application_count') }}
        as band_decline_rate_pct_lower,
    {{ wilson_upper('based.band_declined_count', 'based.band_application_count') }}
        as band_decline_rate_pct_upper,
    based.requested_amount,
    based.approved_amount,
    based.avg_credit_score,
    cast(based.avg_debt_to_income_rate as {{ double }}) as avg_debt_to_income_rate,
    based.avg_decision_days,
    cast({{ cutoff }} as integer) as cutoff_score,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('based.band_application_count >= 10') }} as status,
    clock.as_of_date
from clock
left join based on 1 = 1  -- one empty row where nobody applied
