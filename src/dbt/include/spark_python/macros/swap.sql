{#-
    Tables are written under another name and swapped in by rename: a model that fails leaves its
    old table as it was. Names end in __dbt_new (being written), __dbt_old (on its way out),
    __dbt_redo (complete, not yet applied: see incremental.sql).
-#}
{% macro spark_named(relation, suffix) -%}
    {{ return(relation.incorporate(
        path={'identifier': relation.identifier ~ suffix}, type='table'
    )) }}
{%- endmacro %}


{% macro spark_run(sql) -%}
    {%- call statement('spark_run', auto_begin=False) -%}{{ sql }}{%- endcall -%}
{%- endmacro %}


{#- Nothing of this name any more, neither a table nor files that a killed build left. -#}
{% macro spark_discard(relation) -%}
    {%- do spark_run('drop table if exists ' ~ relation) -%}
    {%- do adapter.clear_leftovers(relation) -%}
{%- endmacro %}


{#- Tables that a build left when it was killed between the two renames of a swap. -#}
{% macro spark_discard_known(target) -%}
    {%- for suffix in ('__dbt_new', '__dbt_old') -%}
        {%- set left = spark_named(target, suffix) -%}
        {%- if load_cached_relation(left) is not none -%}{%- do spark_discard(left) -%}{%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{#- The comment of the table, its partitions, its rows. -#}
{% macro spark_create_table(relation, compiled_code, partition=none, properties={}) -%}
    create table {{ relation }}
    using parquet
    {% if partition -%} partitioned by ({{ adapter.quote(partition) }}) {%- endif %}
    {{ comment_clause() }}
    {% if properties -%}
    tblproperties (
        {%- for name, value in properties.items() %}
        '{{ name }}' = '{{ value }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
    {%- endif %}
    as
    {% if partition -%}
    select /*+ rebalance({{ adapter.quote(partition) }}) */ * from (
        {{ spark_typed_query(compiled_code) }}
    ) as rows_to_write
    {%- else -%}
    {{ spark_typed_query(compiled_code) }}
    {%- endif %}
{%- endmacro %}


{#-
    Every documented column in its documented type: sums and products are wider or narrower here
    than on other engines.
-#}
{% macro spark_typed_query(sql) -%}
    {%- set documented = model.get('columns') or {} -%}
    {%- if not documented -%}{{ return(sql) }}{%- endif -%}
    {%- set wrong = [] -%}
    {%- set columns = [] -%}
    {%- for column in get_column_schema_from_query(sql) -%}
        {%- set kind = documented.get(column.name, {}).get('data_type') -%}
        {%- if kind and not adapter.is_type(column.dtype, kind) -%}
            {%- do wrong.append(column.name) -%}
            {%- do columns.append(
                'cast(' ~ column.quoted ~ ' as ' ~ ('string' if kind == 'text' else kind) ~ ') as '
                ~ column.quoted
            ) -%}
        {%- else -%}
            {%- do columns.append(column.quoted) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not wrong -%}{{ return(sql) }}{%- endif -%}
    {{ return('select ' ~ columns | join(', ') ~ ' from (\n' ~ sql ~ '\n) as untyped') }}
{%- endmacro %}


{% macro spark_python__create_view_as(relation, sql) -%}
    create or replace view {{ relation }}
    {{ comment_clause() }}
    as
    {{ spark_typed_query(sql) }}
{%- endmacro %}


{#- `draft` becomes `target`; `existing` is what has that name now, or none. -#}
{% macro spark_swap(draft, target, existing) -%}
    {%- set outgoing = spark_named(target, '__dbt_old') -%}
    {%- do spark_discard(outgoing) -%}
    {%- if existing is not none and existing.is_view -%}
        {%- do spark_run('drop view if exists ' ~ target) -%}
    {%- elif existing is not none and adapter.has_table(target) -%}
        {%- do spark_run('alter table ' ~ target ~ ' rename to ' ~ outgoing) -%}
    {%- endif -%}
    {%- do adapter.clear_leftovers(target) -%}
    {%- do spark_run('alter table ' ~ draft ~ ' rename to ' ~ target) -%}
    {%- do spark_run('drop table if exists ' ~ outgoing) -%}
{%- endmacro %}


{% materialization table, adapter='spark_python', supported_languages=['sql', 'python'] %}
    {%- set language = model['language'] -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {#- where nothing is to be kept, the table is registered with its last step anyway -#}
    {%- set draft = target if existing is none else spark_named(target, '__dbt_new') -%}
    {{ run_hooks(pre_hooks) }}
    {%- do spark_discard(draft) -%}
    {%- call statement('main', language=language) -%}
        {%- if language == 'python' -%}
{{ compiled_code }}
target_relation = "{{ draft }}"
        {%- else -%}
        {{ spark_create_table(draft, compiled_code) }}
        {%- endif -%}
    {%- endcall -%}
    {%- if existing is not none -%}
        {%- do spark_swap(draft, target, existing) -%}
    {%- else -%}
        {{ spark_discard_known(target) }}
    {%- endif -%}
    {%- do persist_docs(target, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{#-
    Column comments on plain Parquet tables, which dbt-spark leaves out: one statement a column.
    Columns of partitions get none: the engine refuses to alter them.
-#}
{% macro spark_python__alter_column_comment(relation, column_dict) %}
    {%- set fixed = spark_partition_columns(relation) -%}
    {% for name, column in column_dict.items() if column.description and name not in fixed %}
        {%- set comment = column.description | replace('\\', '\\\\') | replace("'", "\\'") -%}
        {%- do spark_run(
            'alter table ' ~ relation ~ ' change column ' ~ adapter.quote(name)
            ~ " comment '" ~ comment ~ "'"
        ) -%}
    {% endfor %}
{% endmacro %}


{#- Names of the columns that a table is partitioned by: the last rows of its description. -#}
{% macro spark_partition_columns(relation) -%}
    {%- set described = run_query('describe ' ~ relation).columns[0].values() | list -%}
    {%- if '# col_name' not in described -%}{{ return([]) }}{%- endif -%}
    {{ return(described[described.index('# col_name') + 1:]) }}
{%- endmacro %}
