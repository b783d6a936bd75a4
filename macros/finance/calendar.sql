{#- English names of months and weekdays, the same whatever the engine's locale. -#}
{% macro month_name(number) -%}
    case {{ number }}
        {%- for name in [
            'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November',
            'December'
        ] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}

{% macro day_name(number) -%}
    case {{ number }}
        {%- for name in ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- Text yyyy-mm: ISO dates begin with it on every engine. -#}
{% macro year_month(value) -%}
    substring(cast({{ value }} as {{ dbt.type_string() }}), 1, 7)
{%- endmacro %}

{#- Age group of a person born (or aged) so; the groups are those of the US Census Bureau's adult tables. -#}
{% macro age_group(age) -%}
    case
        when {{ age }} is null then 'Unknown'
        when {{ age }} < 18 then 'Under 18'
        when {{ age }} < 25 then '18-24'
        when {{ age }} < 35 then '25-34'
        when {{ age }} < 45 then '35-44'
        when {{ age }} < 55 then '45-54'
        when {{ age }} < 65 then '55-64'
        when {{ age }} < 75 then '65-74'
        else '75+'
    end
{%- endmacro %}

{#- Whole years completed between two dates (a birthday counts from its day on). -#}
{% macro completed_years(earlier, later) -%}
    cast(floor((
        ({{ calendar_part('year', later) }} * 10000 + {{ calendar_part('month', later) }} * 100 + {{ calendar_part('day', later) }})
        - ({{ calendar_part('year', earlier) }} * 10000 + {{ calendar_part('month', earlier) }} * 100 + {{ calendar_part('day', earlier) }})
    ) / 10000.0) as integer)
{%- endmacro %}

{#- Whole months completed between two dates. -#}
{% macro completed_months(earlier, later) -%}
    cast(
        ({{ calendar_part('year', later) }} - {{ calendar_part('year', earlier) }}) * 12
        + ({{ calendar_part('month', later) }} - {{ calendar_part('month', earlier) }})
        - case when {{ calendar_part('day', later) }} < {{ calendar_part('day', earlier) }} then 1 else 0 end as integer
    )
{%- endmacro %}

{#- Whole days from one date or time to another, by the calendar: negative backwards. -#}
{% macro days_between(first, second) -%}
    cast({{ dbt.datediff(first, second, 'day') }} as integer)
{%- endmacro %}
