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
