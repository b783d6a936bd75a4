{#-
    Type 2 intervals of each key meet end to start: no gap, no overlap, from 1900, open at the end, the last
    one current. Fails with the intervals that do not.
-#}
{% test contiguous(model, key) %}
    select *
    from (
        select
            {{ key }},
            valid_from,
            valid_to,
            is_current,
            lag(valid_to) over (partition by {{ key }} order by valid_from) as previous_valid_to,
            lead(valid_from) over (partition by {{ key }} order by valid_from) as next_valid_from
        from {{ model }}
    ) as intervals
    where
        valid_from >= valid_to
        or (next_valid_from is not null and next_valid_from <> valid_to)
        or (next_valid_from is null) <> is_current
        or (next_valid_from is null and valid_to <> cast('9999-12-31' as timestamp))
        or (previous_valid_to is null and valid_from <> cast('1900-01-01' as timestamp))
{% endtest %}
