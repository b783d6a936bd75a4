{#-
    What each customer did in the three months that end with a month, and in that month.
    Grain: one row per customer and month.
-#}
{%- set recent %}over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 2 preceding and current row
        ){% endset -%}
{%- set half_year %}over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 5 preceding and current row
        ){% endset -%}
{#- two years before the last three months #}
{%- set usual %}over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 26 preceding and 3 preceding
        ){% endset -%}
{%- set double = type_double() -%}
with summaries as (
    select * from {{ ref('fact_customer_monthly_summary') }}
),

windows as (
    select
        customer_natural_key,
        summary_month,
        posted_count,
        open_account_count,
        product_count,
        sum(posted_count) {{ recent }} as recent_posted_count,
        sum(purchase_count) {{ recent }} as recent_purchase_count,
        sum(purchase_amount) {{ recent }} as recent_purchase_amount,
        sum(net_amount) {{ recent }} as recent_net_amount,
        sum(declined_count) {{ recent }} as recent_declined_count,
        sum(digital_count) {{ recent }} as recent_digital_count,
        sum(active_day_count) {{ recent }} as recent_active_day_count,
        sum(fee_count) {{ recent }} as recent_fee_count,
        sum(interaction_count) {{ recent }} as recent_interaction_count,
        sum(complaint_count) {{ recent }} as recent_complaint_count,
        sum(posted_count) {{ half_year }} as half_year_posted_count,
        count(*) {{ half_year }} as half_year_month_count,
        cast(sum(posted_count) {{ usual }} as {{ double }}) as usual_sum_count,
        count(*) {{ usual }} as usual_month_count
    from summaries
),

measured as (
    select
        windows.*,
        case when usual_month_count >= 3 then usual_sum_count / usual_month_count end
            as usual_posted_count
    from windows
)

select
    customer_natural_key,
    summary_month as month_number,
    open_account_count,
    product_count,
    cast(recent_posted_count as bigint) as recent_posted_count,
    cast(recent_purchase_count as bigint) as recent_purchase_count,
    {{ money('recent_purchase_amount') }} as recent_purchase_amount,
    {{ money('recent_net_amount') }} as recent_net_amount,
    cast(recent_declined_count as bigint) as recent_declined_count,
    {{ ratio('recent_digital_count', 'recent_posted_count') }} as recent_digital_rate,
    cast(recent_active_day_count as bigint) as recent_active_day_count,
    cast(recent_fee_count as bigint) as recent_fee_count,
    cast(recent_interaction_count as bigint) as recent_interaction_count,
    cast(recent_complaint_count as bigint) as recent_complaint_count,
    usual_posted_count,
    -- one transaction more on both sides: who has few is not called fallen for one less
    (1 + posted_count) / (1 + usual_posted_count) as month_activity_index,
    (1 + recent_posted_count) / (1 + 3 * usual_posted_count) as activity_index,
    (1 + half_year_posted_count) / (1 + half_year_month_count * usual_posted_count)
        as half_year_activity_index
from measured
