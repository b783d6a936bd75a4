{#- An identity holds on every row, such as opening + credit + debit = closing. NULL counts as broken. Fails with the rows. -#}
{% test holds(model, expression) %}
    select *
    from {{ model }}
    where not coalesce({{ expression }}, 1 = 0)
{% endtest %}
