{#- Statuses of an investigation that models know, as silver spells them: the words of the contract in lower case. -#}
{% macro alert_statuses() -%}
    {{ return(['open', 'under review', 'confirmed', 'false positive', 'closed']) }}
{%- endmacro %}
