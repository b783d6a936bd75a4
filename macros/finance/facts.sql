{#- The version of an SCD Type 2 dimension that was valid at the time of the event. -#}
{% macro as_of_version(alias, dimension, natural_key, event_at) -%}
    left join {{ dimension }} as {{ alias }}
        on
            {{ natural_key[0] }} = {{ alias }}.{{ natural_key[1] }}
            and {{ event_at }} >= {{ alias }}.valid_from
            and {{ event_at }} < {{ alias }}.valid_to
{%- endmacro %}

{#- Key of that version; the unknown member where the event names nobody. -#}
{% macro version_key(alias, key) -%}
    coalesce({{ alias }}.{{ key }}, {{ unknown_key() }})
{%- endmacro %}
