{#- Type 2 intervals of each key meet end to start: no gap, no overlap, one current. Fails with the intervals that do not. -#}
{% test contiguous(model, key) %}
    select *
    from (
        select
            {{ key }},
            valid_from,
            valid_to,
            is_current,
            lead(valid_from) over (partition by {{ key }} order by valid_from) as next_valid_from
        from {{ model }}
    ) as intervals
    where
        valid_from >= valid_to
        or (next_valid_from is not null and next_valid_from <> valid_to)
        or (next_valid_from is null) <> is_current
{% endtest %}
