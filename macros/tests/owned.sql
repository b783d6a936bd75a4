{#-
    Every row of silver is somebody's, but for rows of erased customers, which bronze has under the unknown one (-1).
    `key` tells the rows of `feed`, its table of bronze. Fails with the rows that lost their owner on the way.
-#}
{% test owned(model, column_name, feed, key) %}
    select nobodys.*
    from (
        select * from {{ model }}
        where {{ column_name }} is null
    ) as nobodys
    left join (
        select distinct {{ key }} as erased_id
        from {{ feed }}
        where {{ column_name }} = -1
    ) as erased on nobodys.{{ key }} = erased.erased_id
    where erased.erased_id is null
{% endtest %}
