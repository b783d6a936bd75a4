{#- Days an instalment was (or still is, at the clock) past due; 0 when paid on time or not yet due. -#}
{% macro late_days(scheduled, paid, as_of) -%}
    case
        when coalesce({{ paid }}, {{ as_of }}) > {{ scheduled }}
            then {{ days_between(scheduled, 'coalesce(' ~ paid ~ ', ' ~ as_of ~ ')') }}
        else 0
    end
{%- endmacro %}

{#- Delinquency bucket by days past due. -#}
{% macro delinquency_bucket(days) -%}
    case
        when {{ days }} >= 90 then '90+'
        when {{ days }} >= 60 then '60-89'
        when {{ days }} >= 30 then '30-59'
        when {{ days }} >= 1 then '1-29'
        else 'current'
    end
{%- endmacro %}
