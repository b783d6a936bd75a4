{#- Whether an investigation is in other words than those of the contract (silver spells them in lower case). -#}
{% macro is_unknown_alert_status(status) -%}
    {{ status }} not in ('open', 'under review', 'confirmed', 'false positive', 'closed')
{%- endmacro %}
