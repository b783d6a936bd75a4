{#- A column sums to `total` over each group, within `tolerance`. Fails with the groups that do not. -#}
{% test sums_to(model, column_name, total, by=[], tolerance=0) %}
    select
        {%- for column in by %}
        {{ column }},
        {%- endfor %}
        sum({{ column_name }}) as column_sum
    from {{ model }}
    where {{ column_name }} is not null
    {%- if by %}
    group by {{ by | join(', ') }}
    {%- endif %}
    having abs(sum({{ column_name }}) - {{ total }}) > {{ tolerance }}
{% endtest %}
