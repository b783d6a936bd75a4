{#- Surrogate keys are md5 texts of the natural key; the separator and the word for NULL cannot occur in a key. -#}
{% macro surrogate_key(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append("coalesce(cast(" ~ column ~ " as " ~ dbt.type_string() ~ "), '_null_')") -%}
    {%- endfor -%}
    {{ dbt.hash(parts | join(" || '|' || ")) }}
{%- endmacro %}

{#- Key of the unknown member that every dimension has: the hash of -1. -#}
{% macro unknown_key() -%}
    '6bb61e3b7bce0931da574d19d1d82c88'
{%- endmacro %}

{#- Surrogate key of a Type 1 dimension as a fact computes it: NULL points to the unknown member. -#}
{% macro foreign_key(column) -%}
    case when {{ column }} is null then {{ unknown_key() }} else {{ surrogate_key([column]) }} end
{%- endmacro %}
