{#-
    A postal code with the zeros that a spreadsheet took from it, NULL where it cannot be told. US codes have five digits
    (of ZIP+4 the first five are kept): four begin with a zero, if the state is one of those; three with two, in Puerto Rico,
    the Virgin Islands and two places of New York, else they are a prefix. Without a country four digits may be Swiss.
-#}
{% macro postal_code(code, country, state) -%}
    {%- set text = "trim(" ~ code ~ ")" -%}
    {%- set size = "length(" ~ text ~ ")" -%}
    {%- set plain = "case when " ~ text ~ " like '%.0' then substring(" ~ text ~ ", 1, " ~ size ~ " - 2) else " ~ text ~ " end" -%}
    {%- set hyphen = "position('-' in " ~ text ~ ")" -%}
    {%- set first -%}
        case when {{ text }} like '%-%' then substring({{ text }}, 1, {{ hyphen }} - 1) else {{ plain }} end
    {%- endset -%}
    {%- set is_digits = "translate(" ~ first ~ ", '0123456789', '') = ''" -%}
    {%- set place = "upper(trim(" ~ state ~ "))" -%}
    case
        when upper(trim({{ country }})) in ({{ "'" ~ us_names() | join("', '") ~ "'" }})
            then case
                when not {{ is_digits }} then null
                when length({{ first }}) = 5 then {{ first }}
                when
                    length({{ first }}) = 4
                    and (
                        {{ state }} is null
                        or length({{ place }}) <> 2
                        or {{ place }} in ({{ "'" ~ zero_states() | join("', '") ~ "'" }})
                    )
                    then lpad({{ first }}, 5, '0')
                when
                    length({{ first }}) = 3
                    and (
                        {{ place }} in ('PR', 'VI')
                        or ({{ place }} = 'NY' and {{ first }} in ('501', '544'))
                    )
                    then lpad({{ first }}, 5, '0')
                when length({{ first }}) in (8, 9) then substring(lpad({{ first }}, 9, '0'), 1, 5)
            end
        when {{ country }} is null and {{ is_digits }}
            then case when length({{ first }}) = 5 then {{ first }} end
        when length({{ plain }}) > 3 then {{ plain }}
    end
{%- endmacro %}

{#- The first three characters of a whole postal code: a generalisation of the address. -#}
{% macro postal_prefix(code, country, state) -%}
    {{ left_characters(postal_code(code, country, state), 3) }}
{%- endmacro %}

{#- How feeds spell the United States and what has its postal codes. -#}
{% macro us_names() -%}
    {{ return(['US', 'USA', 'U.S.', 'U.S.A.', 'UNITED STATES', 'UNITED STATES OF AMERICA', 'PR', 'VI']) }}
{%- endmacro %}

{#- States with postal codes that begin with a zero (Fishers Island is New York's; AE is the army in Europe). -#}
{% macro zero_states() -%}
    {{ return(['CT', 'MA', 'ME', 'NH', 'NJ', 'RI', 'VT', 'NY', 'PR', 'VI', 'AE']) }}
{%- endmacro %}
