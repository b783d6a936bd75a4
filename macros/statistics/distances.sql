{#- Great-circle distance in kilometres between places in degrees (haversine), in double. -#}
{% macro kilometres_between(latitude_a, longitude_a, latitude_b, longitude_b) -%}
    (
        2 * 6371.0 * asin(sqrt(least(
            cast(1 as {{ type_double() }}),
            power(sin(radians({{ latitude_b }} - {{ latitude_a }}) / 2), 2)
            + cos(radians({{ latitude_a }})) * cos(radians({{ latitude_b }}))
            * power(sin(radians({{ longitude_b }} - {{ longitude_a }}) / 2), 2)
        )))
    )
{%- endmacro %}
