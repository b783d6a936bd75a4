{#- Text of up to `count` characters from the left, the same for short and NULL values. -#}
{% macro left_characters(value, count) -%}
    substring({{ value }}, 1, {{ count }})
{%- endmacro %}

{#- Keyed hash (HMAC-SHA-256) of a personal value; NULL for NULL and where no key is set. -#}
{% macro personal_hash(value) -%}
    {{ return(adapter.dispatch('personal_hash', 'financial_analytics')(value)) }}
{%- endmacro %}

{#- The padded keys are session variables (engines/duckdb_plugin.py), so that no compiled file ever holds the key. -#}
{% macro duckdb__personal_hash(value) -%}
    case
        when {{ value }} is not null and getvariable('pii_outer_pad') is not null
            then sha256(
                cast(getvariable('pii_outer_pad') as blob)
                || unhex(sha256(cast(getvariable('pii_inner_pad') as blob) || encode({{ value }})))
            )
    end
{%- endmacro %}
