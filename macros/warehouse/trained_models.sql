{#- Names of what is trained: each has its relations `int_NAME_models` and `int_NAME_metrics`. -#}
{% macro trained_models() -%}
    {{ return(['churn', 'default', 'fraud', 'value', 'volume']) }}
{%- endmacro %}
