{#- Columns that all published models share. -#}

{#- The currency that published money is in. -#}
{% macro reporting_currency() -%}
    cast('{{ var("reporting_currency") }}' as {{ dbt.type_string() }})
{%- endmacro %}

{#-
    Factor from a currency to the reporting currency; an amount that names no currency is taken to
    be in it already.
-#}
{% macro reporting_rate(currency, exchange_rate) -%}
    case
        when {{ currency }} is null or {{ currency }} = '{{ var("reporting_currency") }}' then 1
        else {{ exchange_rate }}
    end
{%- endmacro %}

{#- `ok`, or `insufficient_data` where the condition does not hold. -#}
{% macro status_if(condition) -%}
    cast(
        case when {{ condition }} then 'ok' else 'insufficient_data' end as {{ dbt.type_string() }}
    )
{%- endmacro %}

{#- Text of a grain column: never NULL. -#}
{% macro known_text(value) -%}
    coalesce({{ value }}, cast('Unknown' as {{ dbt.type_string() }}))
{%- endmacro %}

{#-
    The version of an SCD Type 2 member that is true at a date. Where the date is the clock and the
    clock stands at the newest event, that is the newest version: a nightly extract is dated after
    the last event that it comes with.
-#}
{% macro version_at(versions, dates) -%}
    (
        ({{ dates }}.is_newest and {{ versions }}.is_current)
        or (
            not {{ dates }}.is_newest
            and {{ versions }}.valid_from <= {{ end_of_day(dates ~ '.position_date') }}
            and {{ versions }}.valid_to > {{ end_of_day(dates ~ '.position_date') }}
        )
    )
{%- endmacro %}

{#-
    Interest is said though the balances of a few accounts are refuted; where they are more than one in a hundred of those
    that owe, it would be another number, and is none.
-#}
{% macro too_many_refuted(refuted, owed) -%}
    coalesce({{ refuted }}, 0) * 100 > coalesce({{ owed }}, 0) + coalesce({{ refuted }}, 0)
{%- endmacro %}
