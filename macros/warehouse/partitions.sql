{#-
    Incremental by affected partitions.

    A month of the target is stale when its fingerprint (row count, sum of batch ids) differs from the source's, or when a
    row was derived from something that has changed since (`stale_rows`: a query of partition values). Batch ids only grow,
    so rows that left a partition can never cancel against rows that came: equal fingerprints mean equal rows. Nothing has
    to be remembered between runs, and an interrupted run repairs itself in the next.
-#}
{% macro affected_partitions(partition, source, stale_rows=[]) -%}
    {%- if not execute or not is_incremental() -%}{{ return(none) }}{%- endif -%}
    {%- set query -%}
        with arrived as (
            select {{ partition }}, count(*) as row_count, sum(_batch_id) as batch_sum
            from {{ source }}
            group by {{ partition }}
        ),
        stored as (
            select {{ partition }}, count(*) as row_count, sum(_batch_id) as batch_sum
            from {{ this }}
            group by {{ partition }}
        )
        select arrived.{{ partition }} as partition_value
        from arrived
        left join stored on arrived.{{ partition }} = stored.{{ partition }}
        where
            stored.row_count is null
            or stored.row_count <> arrived.row_count
            or stored.batch_sum <> arrived.batch_sum
        union
        select stored.{{ partition }} as partition_value
        from stored
        left join arrived on stored.{{ partition }} = arrived.{{ partition }}
        where arrived.{{ partition }} is null
        {%- for query in stale_rows %}
        union
        {{ query }}
        {%- endfor %}
    {%- endset -%}
    {{ return(listed_partitions(query)) }}
{%- endmacro %}


{#- The partition values that a query of one column returns, in order. -#}
{% macro listed_partitions(query) -%}
    {%- set values = run_query(query).columns[0].values() | reject('none') | map('int') | unique | sort | list -%}
    {%- do log(this ~ ': ' ~ (values | length) ~ ' affected partitions ' ~ values, info=true) -%}
    {{ return(values) }}
{%- endmacro %}


{#- Filter on the affected partitions: everything on a full refresh, nothing where nothing changed. -#}
{% macro in_partitions(partition, affected) -%}
    {%- if affected is none -%}1 = 1
    {%- elif affected | length == 0 -%}1 = 0
    {%- else -%}{{ partition }} in ({{ affected | join(', ') }})
    {%- endif -%}
{%- endmacro %}


{#-
    Partitions whose rows hold another dimension version than the one valid at their time (a version came late or was
    corrected). `attribute`: a further column of the fact that is taken over from the version.
-#}
{% macro rekeyed_customers(partition, event_at) -%}
    {{ rekeyed_partitions(partition, ref('dim_customer'), event_at, 'customer_key', 'customer_natural_key') }}
{%- endmacro %}

{% macro rekeyed_accounts(partition, event_at, attribute=none) -%}
    {{ rekeyed_partitions(partition, ref('dim_account'), event_at, 'account_key', 'account_natural_key', attribute) }}
{%- endmacro %}

{% macro rekeyed_partitions(partition, dimension, event_at, key, natural_key, attribute=none) -%}
    select distinct facts.{{ partition }} as partition_value
    from {{ this }} as facts
    {{ version_join(dimension, natural_key, 'facts.' ~ natural_key, event_at, 'versions') }}
    where
        facts.{{ key }} <> {{ version_key('versions', key) }}
        {%- if attribute %}
        or facts.{{ attribute }} <> {{ version_key('versions', attribute) }}
        {%- endif %}
{%- endmacro %}


{#-
    The strategy `replace_partitions`: rows of the affected partitions out, their recomputed rows in, in one transaction.
    `unique_key` is the partition column; config `partition_source` names the relation whose partitions may exist at all,
    so that a partition emptied by a correction goes too (`partition_source_column` where it has another name there).
-#}
{% macro get_incremental_replace_partitions_sql(arg_dict) %}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set temporary = arg_dict['temp_relation'] -%}
    {%- set partition = arg_dict['unique_key'] -%}
    {%- set source_name = config.require('partition_source') -%}
    {%- set source_partition = config.get('partition_source_column', partition) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ target }}
    where
        {{ partition }} in (select distinct {{ partition }} from {{ temporary }})
        or {{ partition }} not in (
            select distinct {{ source_partition }} from {{ api.Relation.create(
                database=(target.database or none), schema=source_name.split('.')[0], identifier=source_name.split('.')[1]
            ) }} where {{ source_partition }} is not null
        );
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ temporary }}
{% endmacro %}
