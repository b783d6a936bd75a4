{#-
    Surrogate keys are the first 63 bits of the md5 of a member's natural key (and version): the same number on every engine
    and in every build, so that a late version moves no other key. Never negative, so none is the unknown member's.
-#}
{% macro surrogate_key(columns) -%}
    {{ hash_number(joined_values(columns)) }}
{%- endmacro %}

{#- Values as one text; the separator and the word for NULL cannot occur in a key. -#}
{% macro joined_values(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append("coalesce(cast(" ~ column ~ " as " ~ dbt.type_string() ~ "), '_null_')") -%}
    {%- endfor -%}
    {{ return(parts | join(" || '|' || ")) }}
{%- endmacro %}

{#- Key of the unknown member that every dimension has; its natural key is -1, too, which no feed may use. -#}
{% macro unknown_key() -%}
    cast(-1 as {{ contract_type('bigint') }})
{%- endmacro %}

{#- Surrogate key of a Type 1 dimension as a fact computes it: NULL points to the unknown member. -#}
{% macro foreign_key(column) -%}
    case when {{ column }} is null then {{ unknown_key() }} else {{ surrogate_key([column]) }} end
{%- endmacro %}
