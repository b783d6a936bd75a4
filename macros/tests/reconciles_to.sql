{#-
    Rows and sums of this relation equal those of another. `measures`: {column here: column there}; `where` and `to_where`
    are the documented exclusions on either side. `compare_rows: false` for an aggregate, whose rows are fewer by nature.
    Fails with one row that holds both sides.
-#}
{% test reconciles_to(model, to, measures={}, where_here='1 = 1', where_there='1 = 1', compare_rows=true) %}
    with here as (
        select
            count(*) as row_count
            {%- for column in measures.keys() %},
            coalesce(sum({{ column }}), 0) as sum_{{ loop.index }}
            {%- endfor %}
        from {{ model }}
        where {{ where_here }}
    ),

    there as (
        select
            count(*) as row_count
            {%- for column in measures.values() %},
            coalesce(sum({{ column }}), 0) as sum_{{ loop.index }}
            {%- endfor %}
        from {{ to }}
        where {{ where_there }}
    )

    select
        here.row_count,
        there.row_count as expected_row_count
        {%- for column in measures.keys() %},
        here.sum_{{ loop.index }} as sum_{{ loop.index }}_{{ modules.re.sub('[^A-Za-z0-9]+', '_', column)[:40] }},
        there.sum_{{ loop.index }} as expected_sum_{{ loop.index }}
        {%- endfor %}
    from here
    cross join there
    where
        {% if compare_rows %}here.row_count <> there.row_count{% else %}1 = 0{% endif %}
        {%- for column in measures.keys() %}
        or here.sum_{{ loop.index }} <> there.sum_{{ loop.index }}
        {%- endfor %}
{% endtest %}
