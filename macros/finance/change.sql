{#-
    Change on an earlier value in per cent of its size; NULL where the earlier value is unknown or
    zero.
-#}
{% macro change_pct(value, previous) -%}
    {{ percentage('(' ~ value ~ ') - (' ~ previous ~ ')', 'abs(' ~ previous ~ ')') }}
{%- endmacro %}
