{#-
    Upper tail of the chi-square distribution with one degree of freedom, erfc(sqrt(x / 2)), which
    no two engines spell alike. Abramowitz and Stegun (1964), formula 7.1.26: the error is below
    1.5e-7. Beyond x = 1400 the value is below 1e-300 and reads 0, where some engines would raise
    an underflow.
-#}
{% macro chi_square_1_p_value(statistic) -%}
    {%- set root = 'sqrt((' ~ statistic ~ ') / 2.0)' -%}
    {%- set t = '(1.0 / (1.0 + 0.3275911 * ' ~ root ~ '))' -%}
    case
        when {{ statistic }} <= 0 then 1.0
        when {{ statistic }} > 1400 then 0.0
        when {{ statistic }} > 0
            then (((((1.061405429 * {{ t }} - 1.453152027) * {{ t }}) + 1.421413741) * {{ t }}
                - 0.284496736) * {{ t }} + 0.254829592) * {{ t }}
                * exp(-1 * ({{ statistic }}) / 2.0)
    end
{%- endmacro %}

{#-
    Wilson interval as a fraction 0-1, for rates that are published so.
-#}
{% macro wilson_fraction_lower(events, trials) -%}
    ({{ wilson_lower(events, trials) }}) / 100.0
{%- endmacro %}

{% macro wilson_fraction_upper(events, trials) -%}
    ({{ wilson_upper(events, trials) }}) / 100.0
{%- endmacro %}


{#-
    CTE `adjusted`: the rows of `relation` with `adjusted_p_value`, the p-value that controls the
    false discovery rate over all rows whose `p_value` is known. Benjamini and Hochberg (1995),
    Journal of the Royal Statistical Society B 57(1), 289-300.
-#}
{% macro benjamini_hochberg(relation, p_value) -%}
ranked as (
    select
        {{ relation }}.*,
        count({{ p_value }}) over () as test_count,
        count({{ p_value }}) over (
            order by {{ p_value }} nulls last
            range between unbounded preceding and current row
        ) as p_value_rank
    from {{ relation }}
),

stepped as (
    select
        ranked.*,
        min({{ p_value }} * test_count / nullif(p_value_rank, 0)) over (
            order by {{ p_value }} nulls last
            rows between current row and unbounded following
        ) as step_p_value
    from ranked
),

adjusted as (
    select
        stepped.*,
        case
            when {{ p_value }} is not null
                then greatest({{ p_value }}, least(1.0, step_p_value))
        end as adjusted_p_value
    from stepped
)
{%- endmacro %}
