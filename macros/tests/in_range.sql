{#- Known values of the column lie between minimum and maximum, both inclusive. Fails with the rows outside. -#}
{% test in_range(model, column_name, minimum=none, maximum=none) %}
    select *
    from {{ model }}
    where
        1 = 0
        {%- if minimum is not none %}
        or {{ column_name }} < {{ minimum }}
        {%- endif %}
        {%- if maximum is not none %}
        or {{ column_name }} > {{ maximum }}
        {%- endif %}
{% endtest %}
