{#-
    Wilson score interval of a rate, in per cent (Wilson 1927). It keeps its coverage for rare
    events, where the textbook interval runs below zero; no event at all gives exactly 0 below,
    nothing but events exactly 100 above. NULL without trials. The coverage is the variable
    `confidence`.
-#}
{% macro wilson_lower(events, trials) -%}
    {{ wilson_bound(events, trials, '-') }}
{%- endmacro %}

{% macro wilson_upper(events, trials) -%}
    {{ wilson_bound(events, trials, '+') }}
{%- endmacro %}

{% macro wilson_bound(events, trials, sign) -%}
    {%- set z = normal_quantile() -%}
    {%- set n = 'cast(' ~ trials ~ ' as ' ~ type_double() ~ ')' -%}
    {%- set p = '(cast(' ~ events ~ ' as ' ~ type_double() ~ ') / ' ~ n ~ ')' -%}
    case
        when {{ trials }} > 0 and {{ events }} = {{ '0' if sign == '-' else trials }}
            then {{ '0.0' if sign == '-' else '100.0' }}
        when {{ trials }} > 0
            then 100.0 * (
                {{ p }} + {{ z * z / 2 }} / {{ n }}
                {{ sign }} {{ z }}
                * sqrt(({{ p }} * (1 - {{ p }}) + {{ z * z / 4 }} / {{ n }}) / {{ n }})
            ) / (1 + {{ z * z }} / {{ n }})
    end
{%- endmacro %}


{#- Standard normal quantile of the two-sided coverage in the variable `confidence`. -#}
{% macro normal_quantile() -%}
    {%- set quantiles = {
        '0.8': 1.2815515655446004,
        '0.9': 1.6448536269514722,
        '0.95': 1.959963984540054,
        '0.98': 2.3263478740408408,
        '0.99': 2.5758293035489004,
        '0.999': 3.2905267314918945,
    } -%}
    {%- set wanted = (var('confidence') | float) | string -%}
    {%- if wanted not in quantiles -%}
        {{ exceptions.raise_compiler_error(
            "var confidence is " ~ wanted ~ "; valid are " ~ quantiles.keys() | join(', ')
        ) }}
    {%- endif -%}
    {{ return(quantiles[wanted]) }}
{%- endmacro %}


{#- That coverage in per cent, for those who print it. -#}
{% macro coverage_pct() -%}
    cast({{ (100 * (var('confidence') | float)) | round(6) }} as {{ type_double() }})
{%- endmacro %}
