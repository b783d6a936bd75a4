{#-
    Incremental on plain Parquet, which has no transactions and no deletes.

    The new content of every partition that changes is first written whole to `…__dbt_new`; the
    rename to `…__dbt_redo` is the commit. Applying it (overwrite the partitions, drop the emptied
    ones) may be killed at any point and is repeated by the next run, with the same outcome.
    Tables without a partition column are rewritten and swapped.

    Strategies: `replace_partitions` (macros/warehouse/partitions.sql), `replace_rows` (news.sql
    there), which replaces partitions here, and `delete+insert` by key.
-#}
{% materialization incremental, adapter='spark_python', supported_languages=['sql'] %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set strategy = config.get('incremental_strategy') -%}
    {%- set partition = spark_partition_column(strategy) -%}
    {%- set draft = spark_named(target, '__dbt_new') -%}
    {%- set redo = spark_named(target, '__dbt_redo') -%}
    {%- set arrived = spark_named(target, '__dbt_tmp') -%}
    {{ run_hooks(pre_hooks) }}
    {%- do spark_discard(draft) -%}
    {%- if strategy == 'delete+insert' -%}{%- do spark_discard(arrived) -%}{%- endif -%}
    {#- a build that died before its last statement; without a target the old rows are the only ones -#}
    {%- if existing is not none -%}{{ spark_discard_known(target) }}{%- endif -%}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- do spark_discard(redo) -%}
        {%- call statement('main') -%}
            {{ spark_create_table(draft, compiled_code, partition) }}
        {%- endcall -%}
        {%- do spark_swap(draft, target, existing) -%}
        {%- do persist_docs(target, model) -%}
    {%- elif strategy == 'delete+insert' -%}
        {%- do spark_apply(redo, target, partition) -%}
        {%- call statement('main') -%}
            {{ spark_create_table(arrived, compiled_code) }}
        {%- endcall -%}
        {%- do spark_same_columns(arrived, target) -%}
        {%- do spark_replace_keys(arrived, target, draft, redo, partition, config.require('unique_key')) -%}
        {%- do spark_discard(arrived) -%}
    {%- elif strategy in ('replace_partitions', 'replace_rows') -%}
        {%- do spark_apply(redo, target, partition) -%}
        {%- set gone = spark_partitions_gone(target, partition) -%}
        {%- call statement('main') -%}
            {{ spark_create_table(
                draft, compiled_code, partition, {'fa.replaces': gone | join(',')}
            ) }}
        {%- endcall -%}
        {%- do spark_same_columns(draft, target) -%}
        {%- do spark_run('alter table ' ~ draft ~ ' rename to ' ~ redo) -%}
        {%- do spark_apply(redo, target, partition) -%}
    {%- else -%}
        {%- do exceptions.raise_compiler_error(
            'incremental_strategy ' ~ strategy ~ ' is not valid; valid are delete+insert, replace_partitions, replace_rows'
        ) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{#-
    The partition column: the `unique_key` of what replaces partitions; else the one column that the model's
    YAML calls …_month, or none.
-#}
{% macro spark_partition_column(strategy) -%}
    {%- if strategy in ('replace_partitions', 'replace_rows') -%}{{ return(config.require('unique_key')) }}{%- endif -%}
    {%- set months = [] -%}
    {%- for column in model.columns.values() if column.name.endswith('_month') -%}
        {%- do months.append(column.name) -%}
    {%- endfor -%}
    {{ return(months[0] if months | length == 1 else none) }}
{%- endmacro %}


{#- Partitions of the target that its source no longer has. -#}
{% macro spark_partitions_gone(target, partition) -%}
    {%- set source_partition = config.get('partition_source_column', partition) -%}
    {%- set query -%}
        select distinct {{ partition }} from {{ target }}
        except
        select distinct {{ source_partition }} from {{ config.require('partition_source') }}
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | sort | list) }}
{%- endmacro %}


{#- `delete+insert`: rows of arrived keys out, arrived rows in. -#}
{% macro spark_replace_keys(arrived, target, draft, redo, partition, key) -%}
    {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
    {%- set kept -%}
        select {{ columns }} from {{ arrived }}
        union all
        select {{ columns }} from {{ target }} as stored
        where not exists (select 1 from {{ arrived }} as newer where newer.{{ key }} = stored.{{ key }})
    {%- endset -%}
    {%- if run_query('select 1 from ' ~ arrived ~ ' limit 1') | length == 0 -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if partition is none -%}
        {%- do spark_run(spark_create_table(draft, kept)) -%}
        {%- do spark_swap(draft, target, target) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set query -%}
        select distinct {{ partition }} from {{ arrived }}
        union
        select distinct stored.{{ partition }}
        from {{ target }} as stored
        inner join {{ arrived }} as newer on stored.{{ key }} = newer.{{ key }}
    {%- endset -%}
    {%- set touched = run_query(query).columns[0].values() | sort | list -%}
    {%- do spark_run(spark_create_table(
        draft,
        kept ~ ' and stored.' ~ partition ~ ' in (' ~ touched | join(', ') ~ ')',
        partition,
        {'fa.replaces': touched | join(',')}
    )) -%}
    {%- do adapter.clear_leftovers(redo) -%}
    {%- do spark_run('alter table ' ~ draft ~ ' rename to ' ~ redo) -%}
    {%- do spark_apply(redo, target, partition) -%}
{%- endmacro %}


{#- Bring the partitions of a complete `redo` into the target, if there is one. Safe to repeat. -#}
{% macro spark_apply(redo, target, partition) -%}
    {%- if not adapter.has_table(redo) -%}
        {%- do adapter.clear_leftovers(redo) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
    {%- set held = run_query('select distinct ' ~ partition ~ ' from ' ~ redo).columns[0].values() -%}
    {%- if held | length > 0 -%}
        {%- do spark_run(
            'insert overwrite table ' ~ target ~ ' partition (' ~ adapter.quote(partition) ~ ')'
            ~ ' select /*+ rebalance(' ~ adapter.quote(partition) ~ ') */ ' ~ columns ~ ' from ' ~ redo
        ) -%}
    {%- endif -%}
    {%- for row in run_query('show tblproperties ' ~ redo) if row[0] == 'fa.replaces' -%}
        {%- for value in row[1].split(',') if value and (value | int) not in held -%}
            {%- do spark_run(
                'alter table ' ~ target ~ ' drop if exists partition (' ~ adapter.quote(partition)
                ~ ' = ' ~ value ~ ')'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do spark_discard(redo) -%}
{%- endmacro %}


{#- on_schema_change: fail. -#}
{% macro spark_same_columns(given, target) -%}
    {%- set here = adapter.get_columns_in_relation(given) | map(attribute='name') | sort | list -%}
    {%- set there = adapter.get_columns_in_relation(target) | map(attribute='name') | sort | list -%}
    {%- if here != there -%}
        {%- do exceptions.raise_compiler_error(
            target ~ ' has columns ' ~ there | join(', ') ~ '; the model gives ' ~ here | join(', ')
            ~ '. Build it once with --full-refresh.'
        ) -%}
    {%- endif -%}
{%- endmacro %}
