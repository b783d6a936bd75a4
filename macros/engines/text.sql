{#- A text as a literal, whatever is in it. -#}
{% macro text_literal(value) -%}
    {{ return(adapter.dispatch('text_literal', 'financial_analytics')(value)) }}
{%- endmacro %}

{% macro default__text_literal(value) -%}
    '{{ value | replace("'", "''") }}'
{%- endmacro %}

{% macro spark__text_literal(value) -%}
    '{{ value | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}

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

{#-
    The first 63 bits of a text's md5 as a bigint, never negative: its first 16 hexadecimal digits without the highest bit.
    DuckDB: `md5_number_upper` costs three times as much and reads the bytes backwards.
-#}
{% macro hash_number(value) -%}
    {{ return(adapter.dispatch('hash_number', 'financial_analytics')(value)) }}
{%- endmacro %}

{% macro default__hash_number(value) -%}
    cast(cast('0x' || substr(md5({{ value }}), 1, 16) as ubigint) & 9223372036854775807 as bigint)
{%- endmacro %}

{% macro postgres__hash_number(value) -%}
    (cast(cast('x' || substr(md5({{ value }}), 1, 16) as bit(64)) as bigint) & 9223372036854775807)
{%- endmacro %}

{% macro spark__hash_number(value) -%}
    (cast(conv(substr(md5({{ value }}), 1, 16), 16, -10) as bigint) & 9223372036854775807)
{%- endmacro %}

{#- A text that is a plain number (digits, a sign, a decimal point) as a number, NULL for any other text. -#}
{% macro plain_number(value) -%}
    case
        when {{ has_pattern('trim(' ~ value ~ ')', '^[+-]?[0-9]{1,15}([.][0-9]{1,9})?$') }}
            then cast(trim({{ value }}) as decimal(24, 9))
    end
{%- endmacro %}

{#- A text matches a pattern that all engines read alike: no class but those in brackets. -#}
{% macro has_pattern(value, pattern) -%}
    {{ return(adapter.dispatch('has_pattern', 'financial_analytics')(value, pattern)) }}
{%- endmacro %}

{% macro default__has_pattern(value, pattern) -%}
    regexp_matches({{ value }}, '{{ pattern }}')
{%- endmacro %}

{% macro postgres__has_pattern(value, pattern) -%}
    {{ value }} ~ '{{ pattern }}'
{%- endmacro %}

{% macro spark__has_pattern(value, pattern) -%}
    {{ value }} rlike '{{ pattern }}'
{%- endmacro %}
