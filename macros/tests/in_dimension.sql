{#- Every key of the fact is in the dimension, the unknown member included; NULL is not a key. Fails with the lost keys. -#}
{% test in_dimension(model, column_name, to, field) %}
    select
        facts.{{ column_name }},
        count(*) as row_count
    from {{ model }} as facts
    left join {{ to }} as members on facts.{{ column_name }} = members.{{ field }}
    where members.{{ field }} is null
    group by facts.{{ column_name }}
{% endtest %}
