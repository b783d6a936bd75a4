{#- Money is decimal(18, 2): sums are cast back, so that no engine widens them. -#}
{% macro money(expression) -%}
    cast({{ expression }} as decimal(18, 2))
{%- endmacro %}

{#- A fraction as a percentage 0-100 in double; NULL where the denominator is zero or unknown. -#}
{% macro percentage(numerator, denominator) -%}
    (
        100.0 * cast({{ numerator }} as {{ type_double() }})
        / nullif(cast({{ denominator }} as {{ type_double() }}), 0)
    )
{%- endmacro %}

{#- A ratio in double; NULL where the denominator is zero or unknown. -#}
{% macro ratio(numerator, denominator) -%}
    (
        cast({{ numerator }} as {{ type_double() }})
        / nullif(cast({{ denominator }} as {{ type_double() }}), 0)
    )
{%- endmacro %}

{#-
    Money in another currency. The amount is widened first: decimal(18, 2) times a rate of eight
    decimals has room for eight digits only before the point on one engine, and fails from 100
    million on.
-#}
{% macro converted(amount, rate) -%}
    {{ money('cast(' ~ amount ~ ' as decimal(28, 2)) * ' ~ rate) }}
{%- endmacro %}
