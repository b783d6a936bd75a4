{#- Calendar arithmetic that is spelled alike on every engine needs no dispatch; what is not has one entry per engine. -#}

{#- A field of a date or time (year, quarter, month, day, hour) as a number. PostgreSQL's extract computes in numeric, which
    takes thrice the time of date_part's doubles. -#}
{% macro calendar_part(field, value) -%}
    {{ return(adapter.dispatch('calendar_part', 'financial_analytics')(field, value)) }}
{%- endmacro %}

{% macro default__calendar_part(field, value) -%}extract({{ field }} from {{ value }}){%- endmacro %}
{% macro postgres__calendar_part(field, value) -%}date_part('{{ field }}', {{ value }}){%- endmacro %}

{#- Integer yyyymmdd; -1 (the unknown day) for NULL. -#}
{% macro date_key(value) -%}
    coalesce(
        cast(
            {{ calendar_part('year', value) }} * 10000
            + {{ calendar_part('month', value) }} * 100
            + {{ calendar_part('day', value) }} as integer
        ), -1
    )
{%- endmacro %}

{#- Integer yyyymm: the partition of every monthly relation. -#}
{% macro month_number(value) -%}
    cast({{ calendar_part('year', value) }} * 100 + {{ calendar_part('month', value) }} as integer)
{%- endmacro %}

{#- First day of the month as a date. -#}
{% macro month_start(value) -%}
    cast({{ dbt.date_trunc('month', value) }} as date)
{%- endmacro %}

{#- Last day of the month as a date. -#}
{% macro month_end(value) -%}
    cast({{ dbt.last_day(value, 'month') }} as date)
{%- endmacro %}

{#- A date moved by whole days, as a date. -#}
{% macro add_days(value, days) -%}
    cast({{ dbt.dateadd('day', days, value) }} as date)
{%- endmacro %}

{#- A date moved by whole months, as a date. -#}
{% macro add_months(value, months) -%}
    cast({{ dbt.dateadd('month', months, value) }} as date)
{%- endmacro %}

{#- The last instant of a date: what the bank knew that day. Events known only by date join dimensions at it. -#}
{% macro end_of_day(value) -%}
    (cast({{ dbt.dateadd('day', 1, value) }} as timestamp) - interval '1' second)
{%- endmacro %}

{#- The first date whose last instant is not before a moment: dates from it on see what begins then. -#}
{% macro first_day_after(moment) -%}
    case
        when {{ end_of_day('cast(' ~ moment ~ ' as date)') }} >= {{ moment }} then cast({{ moment }} as date)
        else {{ add_days('cast(' ~ moment ~ ' as date)', 1) }}
    end
{%- endmacro %}

{#- ISO weekday: Monday 1 … Sunday 7. -#}
{% macro iso_weekday(value) -%}
    {{ return(adapter.dispatch('iso_weekday', 'financial_analytics')(value)) }}
{%- endmacro %}

{% macro default__iso_weekday(value) -%}cast({{ calendar_part('isodow', value) }} as integer){%- endmacro %}
{% macro spark__iso_weekday(value) -%}cast(extract(dayofweek_iso from {{ value }}) as integer){%- endmacro %}

{#- ISO week of the year. -#}
{% macro iso_week(value) -%}cast(extract(week from {{ value }}) as integer){%- endmacro %}

{#- One row per day from start to end (columns of `relation`, both inclusive), with `columns` kept. -#}
{% macro day_series(relation, start_column, end_column, columns=[], day='day_date') -%}
    {{ return(adapter.dispatch('day_series', 'financial_analytics')(relation, start_column, end_column, columns, day)) }}
{%- endmacro %}

{% macro default__day_series(relation, start_column, end_column, columns, day) -%}
    select
        {% for column in columns %}{{ column }}, {% endfor %}
        cast(series_at as date) as {{ day }}
    from (
        select
            {% for column in columns %}{{ column }}, {% endfor %}
            unnest(generate_series(
                cast({{ start_column }} as timestamp), cast({{ end_column }} as timestamp), interval '1' day
            )) as series_at
        from {{ relation }}
    ) as series
{%- endmacro %}

{% macro postgres__day_series(relation, start_column, end_column, columns, day) -%}
    select
        {% for column in columns %}{{ column }}, {% endfor %}
        cast(generate_series(
            cast({{ start_column }} as timestamp), cast({{ end_column }} as timestamp), interval '1' day
        ) as date) as {{ day }}
    from {{ relation }}
{%- endmacro %}

{% macro spark__day_series(relation, start_column, end_column, columns, day) -%}
    select
        {% for column in columns %}{{ column }}, {% endfor %}
        explode(sequence(
            cast({{ start_column }} as date), cast({{ end_column }} as date), interval 1 day
        )) as {{ day }}
    from {{ relation }}
    where {{ start_column }} <= {{ end_column }}
{%- endmacro %}
