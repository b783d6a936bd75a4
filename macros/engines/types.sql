{#- 64-bit float on every engine. dbt.type_float() is 32-bit on DuckDB and Spark. -#}
{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double', 'financial_analytics')()) }}
{%- endmacro %}

{% macro default__type_double() -%}double{%- endmacro %}
{% macro postgres__type_double() -%}double precision{%- endmacro %}


{#- The engine's spelling of a contract type (integer, bigint, text, boolean, date, timestamp, decimal(p, s), double). -#}
{% macro contract_type(name) -%}
    {{ return(adapter.dispatch('contract_type', 'financial_analytics')(name)) }}
{%- endmacro %}

{% macro default__contract_type(name) -%}
    {%- if name == 'text' -%}{{ dbt.type_string() }}
    {%- elif name == 'double' -%}{{ type_double() }}
    {%- else -%}{{ name }}
    {%- endif -%}
{%- endmacro %}


{#-
    An amount of two decimals times a rate of eight, exact. Where a product is wider than 38 digits
    one engine fails from 100 million on if the amount is not widened first, and another cuts
    decimals if it is.
-#}
{% macro exact_product(amount, rate) -%}
    {{ return(adapter.dispatch('exact_product', 'financial_analytics')(amount, rate)) }}
{%- endmacro %}

{% macro default__exact_product(amount, rate) -%}
    (cast({{ amount }} as decimal(28, 2)) * {{ rate }})
{%- endmacro %}

{% macro spark__exact_product(amount, rate) -%}
    (cast({{ amount }} as decimal(18, 2)) * cast({{ rate }} as decimal(18, 8)))
{%- endmacro %}
