{#-
    Money is decimal(18, 2): sums are cast back, so that no engine widens them. By way of six
    decimals, because a quotient in double that stands for half a cent may lie a hair beside it,
    on one engine and not on another: 100.545 is 100.55 on all.
-#}
{% macro money(expression) -%}
    cast(cast({{ expression }} as decimal(28, 6)) as decimal(18, 2))
{%- endmacro %}

{#- Sums and differences of money, and exact products: one cast does. -#}
{% macro exact_money(expression) -%}
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
    Money in another currency, rounded once. The product is exact: its spelling is the engine's
    (macros/engines/types.sql), because decimals are widened or cut by other rules on each.
-#}
{% macro converted(amount, rate) -%}
    {{ exact_money(exact_product(amount, rate)) }}
{%- endmacro %}
