{#- Text of up to `count` characters from the left, the same for short and NULL values. -#}
{% macro left_characters(value, count) -%}
    substring({{ value }}, 1, {{ count }})
{%- endmacro %}

{#- Keyed hash (HMAC-SHA-256) of a personal value; NULL for NULL and where no key is set. -#}
{% macro personal_hash(value) -%}
    {{ return(adapter.dispatch('personal_hash', 'financial_analytics')(value)) }}
{%- endmacro %}

{#- The padded keys are session variables (engines/duckdb/plugin.py), so that no compiled file ever holds the key. -#}
{% macro duckdb__personal_hash(value) -%}
    case
        when {{ value }} is not null and getvariable('pii_outer_pad') is not null
            then sha256(
                cast(getvariable('pii_outer_pad') as blob)
                || unhex(sha256(cast(getvariable('pii_inner_pad') as blob) || encode({{ value }})))
            )
    end
{%- endmacro %}

{#- The padded keys are session variables here, too (engines/spark/session.py). -#}
{% macro spark__personal_hash(value) -%}
    case
        when {{ value }} is not null and session.pii_outer_pad is not null
            then sha2(
                session.pii_outer_pad
                || unhex(sha2(session.pii_inner_pad || encode({{ value }}, 'UTF-8'), 256)), 256
            )
    end
{%- endmacro %}

{#- Session settings (engines/postgres/session.py); empty or unknown ones are no key. -#}
{% macro postgres__personal_hash(value) -%}
    case
        when {{ value }} is not null and nullif(current_setting('fa.pii_outer_pad', true), '') is not null
            then encode(sha256(
                decode(current_setting('fa.pii_outer_pad', true), 'hex')
                || sha256(decode(current_setting('fa.pii_inner_pad', true), 'hex') || convert_to({{ value }}, 'UTF8'))
            ), 'hex')
    end
{%- endmacro %}
