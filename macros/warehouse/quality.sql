{#-
    Checks of data quality: rows of `int_quality_…` and of `data_quality`, which unites them. A check counts the rows of one
    relation that are wrong, by reason; without any it has one row that says so.
-#}

{#-
    One check of a relation's rows. `reason` is NULL where a row is right, else words; `key` orders and names the examples, a
    natural key; `since` is the day of a row, or none; `advice` says what to do. `relation` may be a CTE. The words are ours,
    never data.
-#}
{% macro quality_check(name, feed, relation, key, reason, advice, since=none, severity='warning') -%}
    {%- set text = dbt.type_string() -%}
    select
        cast('{{ name }}' as {{ text }}) as check_name,
        cast('{{ feed }}' as {{ text }}) as feed_name,
        coalesce(found.reason_name, cast('none' as {{ text }})) as reason_name,
        cast('{{ severity }}' as {{ text }}) as severity,
        coalesce(found.concerned_count, 0) as concerned_count,
        checked.row_count,
        found.example_keys,
        found.since_date,
        cast({{ text_literal(advice) }} as {{ text }}) as advice
    from (
        select count(*) as row_count
        from {{ relation }}
    ) as checked
    left join (
        select
            reason_name,
            count(*) as concerned_count,
            min(since_date) as since_date,
            {{ first_examples('position_number', 'cast(example_key as ' ~ text ~ ')') }} as example_keys
        from (
            select
                reason_name,
                example_key,
                since_date,
                row_number() over (partition by reason_name order by example_key nulls last) as position_number
            from (
                select
                    {{ reason }} as reason_name,
                    {{ key }} as example_key,
                    cast({{ since or 'null' }} as date) as since_date
                from {{ relation }}
            ) as judged
            where reason_name is not null
        ) as placed
        group by reason_name
    ) as found on 1 = 1
{%- endmacro %}

{#- The first three values of a group, in the order of their position. -#}
{% macro first_examples(position, value) -%}
    max(case when {{ position }} = 1 then {{ value }} end)
    || coalesce(', ' || max(case when {{ position }} = 2 then {{ value }} end), '')
    || coalesce(', ' || max(case when {{ position }} = 3 then {{ value }} end), '')
{%- endmacro %}
