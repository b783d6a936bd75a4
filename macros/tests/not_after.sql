{#- Where both are known, the earlier column is not after the later one. Fails with the rows in the wrong order. -#}
{% test not_after(model, earlier, later) %}
    select *
    from {{ model }}
    where {{ earlier }} > {{ later }}
{% endtest %}
