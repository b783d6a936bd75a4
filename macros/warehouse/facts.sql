{#- The versions of the SCD Type 2 dimensions that were valid at the time of an event, joined to it. -#}
{% macro customer_version(customer_id, event_at, alias='customers') -%}
    {{ version_join(ref('dim_customer'), 'customer_natural_key', customer_id, event_at, alias) }}
{%- endmacro %}

{% macro account_version(account_id, event_at, alias='accounts') -%}
    {{ version_join(ref('dim_account'), 'account_natural_key', account_id, event_at, alias) }}
{%- endmacro %}

{% macro version_join(dimension, natural_key, event_natural_key, event_at, alias) -%}
    left join {{ dimension }} as {{ alias }}
        on
            {{ event_natural_key }} = {{ alias }}.{{ natural_key }}
            and {{ event_at }} >= {{ alias }}.valid_from
            and {{ event_at }} < {{ alias }}.valid_to
{%- endmacro %}

{#- Key of that version; the unknown member where the event names nobody. -#}
{% macro version_key(alias, key) -%}
    coalesce({{ alias }}.{{ key }}, {{ unknown_key() }})
{%- endmacro %}
