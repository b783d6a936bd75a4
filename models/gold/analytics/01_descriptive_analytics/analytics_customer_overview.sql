{#- The customer base today and twelve months earlier. Grain: one row. -#}
{%- set segments = {
    'mass_market': 'Mass Market', 'affluent': 'Affluent', 'premium': 'Premium',
    'business': 'Business'
} %}
{%- set headcounts = ['total_customers', 'active_customers', 'inactive_customers'] %}
{%- set estimates = [
    'avg_clv', 'total_clv_amount', 'avg_income', 'avg_credit_score', 'avg_tenure_months'
] %}
{%- set segment_counts = [
    'mass_market_customer_count', 'affluent_customer_count', 'premium_customer_count',
    'business_customer_count',
    'unknown_segment_customer_count'
] %}
{%- set metrics = headcounts + estimates + segment_counts %}
{%- set of_any_version = ['total_customers', 'avg_tenure_months', 'avg_clv', 'total_clv_amount'] %}
with dates as (
    select * from {{ ref('int_comparison_dates') }}
),

customers as (
    select * from {{ ref('int_customers_at_dates') }}
),

measured as (
    select
        position_name,
        count(*) as total_customers,
        {{ count_if('is_recorded') }} as recorded_customers,
        {{ count_if('is_active') }} as active_customers,
        {{ count_if('not is_active') }} as inactive_customers,
        {{ average_money('customer_lifetime_value_amount') }} as avg_clv,
        {{ money('sum(customer_lifetime_value_amount)') }} as total_clv_amount,
        {{ average_money('annual_income_amount') }} as avg_income,
        {{ average('credit_score') }} as avg_credit_score,
        {{ average('tenure_months') }} as avg_tenure_months,
        {%- for name, segment in segments.items() %}
        {{ count_if("customer_segment = '" ~ segment ~ "'") }} as {{ name }}_customer_count,
        {%- endfor %}
        {{ count_if("customer_segment not in ('" ~ segments.values() | join("', '") ~ "')") }}
            as unknown_segment_customer_count
    from customers
    group by position_name
),

known as (
    -- what a version says of the past counts only where most customers had one recorded by then
    select
        position_name,
        {%- for metric in metrics %}
        {% if metric in of_any_version %}{{ metric }}
        {%- else %}
        case
            when 2 * recorded_customers >= total_customers then {{ metric }}
        end as {{ metric }}
        {%- endif %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from measured
),

paired as (
    select
        current_date_row.position_date as as_of_date,
        previous_date_row.position_date as comparison_date,
        {%- for metric in metrics %}
        {% if metric in estimates %}latest.{{ metric }}
        {%- else %}coalesce(latest.{{ metric }}, 0) as {{ metric }}
        {%- endif %},
        earlier.{{ metric }} as previous_{{ metric }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from dates as current_date_row
    inner join dates as previous_date_row on previous_date_row.position_name = 'previous'
    left join known as latest on latest.position_name = 'current'
    left join known as earlier on earlier.position_name = 'previous'
    where current_date_row.position_name = 'current'
)

select
    comparison_date,
    {%- for metric in metrics %}
    {{ metric }},
    previous_{{ metric }},
    {{ change_pct(metric, 'previous_' ~ metric) }} as {{ metric }}_change_pct,
    {%- endfor %}
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('total_customers > 0') }} as status,
    as_of_date
from paired
