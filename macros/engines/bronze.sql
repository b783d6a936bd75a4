{#-
    A feed that never came is an empty table, so that everything after it runs and says "insufficient data"; so is a ledger
    of the loader that silver reads.
-#}
{% macro create_bronze_tables() %}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed', 'show', 'compile') -%}
        {%- set tables = graph.sources.values() | selectattr('schema', 'equalto', 'ingestion_raw_data') | list -%}
        {%- do adapter.create_schema(api.Relation.create(database=(target.database or none), schema='ingestion_raw_data')) -%}
        {%- for table in tables -%}
            {%- set columns = [] -%}
            {%- for column in table.columns.values() -%}
                {%- do columns.append(adapter.quote(column.name) ~ ' ' ~ contract_type(column.data_type)) -%}
            {%- endfor -%}
            {%- if table.source_name == 'ingestion_raw_data' -%}
                {%- for name, kind in [
                    ('_batch_id', 'bigint'), ('_loaded_at', 'timestamp'), ('_source_file', 'text'), ('_source_row', 'bigint')
                ] -%}
                    {%- do columns.append(name ~ ' ' ~ contract_type(kind)) -%}
                {%- endfor -%}
            {%- endif -%}
            {%- set ddl -%}
                create table if not exists ingestion_raw_data.{{ table.identifier }} ({{ columns | join(', ') }})
                {{ bronze_layout() }}
            {%- endset -%}
            {%- if not is_known_bronze(table.identifier) -%}
                {%- do run_query(ddl) -%}
            {%- endif -%}
        {%- endfor -%}
        {{- add_bronze_columns(tables) -}}
    {%- endif -%}
{% endmacro %}

{#- Columns that the contract has gained since a table was made; ingest adds them, too. -#}
{% macro add_bronze_columns(tables) -%}
    {%- set known = bronze_columns(tables) -%}
    {%- for table in tables -%}
        {%- for column in table.columns.values() if (table.identifier, column.name) not in known -%}
            {%- do run_query(
                'alter table ingestion_raw_data.' ~ table.identifier ~ ' add column ' ~ adapter.quote(column.name)
                ~ ' ' ~ contract_type(column.data_type)
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}

{#- Pairs of table and column that bronze has. -#}
{% macro bronze_columns(tables) -%}
    {{ return(adapter.dispatch('bronze_columns', 'financial_analytics')(tables)) }}
{%- endmacro %}

{% macro default__bronze_columns(tables) -%}
    {%- set found = run_query(
        "select table_name, column_name from information_schema.columns where table_schema = 'ingestion_raw_data'"
    ) -%}
    {%- set pairs = [] -%}
    {%- for row in found.rows -%}{%- do pairs.append((row[0], row[1])) -%}{%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}

{% macro spark__bronze_columns(tables) -%}
    {%- set pairs = [] -%}
    {%- for table in tables -%}
        {%- for row in run_query('show columns in ingestion_raw_data.' ~ table.identifier).rows -%}
            {%- do pairs.append((table.identifier, row[0])) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}

{#- Whether a bronze table need not be asked for. -#}
{% macro is_known_bronze(name) -%}
    {{ return(adapter.dispatch('is_known_bronze', 'financial_analytics')(name)) }}
{%- endmacro %}

{#- Looking first would open a transaction here, in which the tables would be made and lost again. -#}
{% macro default__is_known_bronze(name) -%}{{ return(false) }}{%- endmacro %}

{#- Who may only read bronze may not even say "if not exists". -#}
{% macro postgres__is_known_bronze(name) -%}
    {{ return(adapter.get_relation(target.database, 'ingestion_raw_data', name) is not none) }}
{%- endmacro %}

{#- How a bronze table is stored. -#}
{% macro bronze_layout() -%}
    {{ return(adapter.dispatch('bronze_layout', 'financial_analytics')()) }}
{%- endmacro %}

{% macro default__bronze_layout() -%}{%- endmacro %}

{#- A batch is a partition: it is visible once it is whole, and a build reads only what is new. -#}
{% macro spark__bronze_layout() -%}
    using parquet partitioned by (_batch_id)
{%- endmacro %}


{#-
    The rows of a bronze table as silver reads them. -1 is the unknown member's: a row of that key is left out, a reference to
    it is NULL. Ingest refuses such rows; a warehouse loaded by an earlier version may hold them. Ids are those of the
    contract (`Column.is_id` of the loader): the key, the references, and every other column called `…_id`.
-#}
{% macro bronze(name) -%}
    {%- set relation = source('ingestion_raw_data', name) -%}
    {#- nothing is known of the sources while dbt parses, and in a unit test, whose rows are what it says -#}
    {%- if not execute or graph.sources is not defined -%}{{ return(relation) }}{%- endif -%}
    {%- set table = graph.sources['source.financial_analytics.ingestion_raw_data.' ~ name] -%}
    {%- set key = table.meta.key -%}
    {%- set ids = [] -%}
    {%- for column in table.columns.values() if column.data_type in ('integer', 'bigint', 'text') -%}
        {%- if column.name in key or column.name in table.meta.get('references', {}) or column.name.endswith('_id') -%}
            {%- do ids.append(column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    (
        select
            {%- for column in table.columns.values() %}
            {%- set unknown = "'-1'" if column.data_type == 'text' else '-1' %}
            {%- if column.name in ids and column.name not in key %}
            nullif({{ adapter.quote(column.name) }}, {{ unknown }}) as {{ adapter.quote(column.name) }},
            {%- else %}
            {{ adapter.quote(column.name) }},
            {%- endif %}
            {%- endfor %}
            _batch_id,
            _loaded_at,
            _source_file,
            _source_row
        from {{ relation }}
        where
            1 = 1
            {%- for name in key if name in ids %}
            and {{ adapter.quote(name) }} <> {{ "'-1'" if table.columns[name].data_type == 'text' else '-1' }}
            {%- endfor %}
    ) as bronze_rows
{%- endmacro %}
