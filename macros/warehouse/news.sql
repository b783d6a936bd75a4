{#-
    Incremental by rows: only those are made again that could become others, and the keys of what goes are known before it does.
    On engines without deletes whole partitions are replaced.
-#}

{#- A relation of the keys that a model makes, `every` of them on a full refresh: `(…) as alias`, for a from clause. -#}
{% macro keys_to_make(news, partition, every, alias) -%}
    {%- if news is not none and 'rows' in news -%}
        {{ news['rows'] }} as {{ alias }}
    {%- else -%}
        (
            select * from ({{ every }}) as every_key
            where {{ in_partitions(partition, none if news is none else news['partitions']) }}
        ) as {{ alias }}
    {%- endif -%}
{%- endmacro %}


{#- The strategy `replace_rows`: rows whose keys are known to go out, the made ones in, in one transaction. `row_key`: the grain. -#}
{% macro get_incremental_replace_rows_sql(arg_dict) %}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }} as stored
    using {{ this.identifier }}__gone as gone
    where
        {%- for column in config.require('row_key') %}
        {% if not loop.first %}and {% endif %}stored.{{ column }} = gone.{{ column }}
        {%- endfor %};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}
