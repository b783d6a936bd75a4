{#- A feed that never came is an empty table, so that everything after it runs and says "insufficient data". -#}
{% macro create_bronze_tables() %}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed', 'show', 'compile') -%}
        {%- set tables = graph.sources.values() | selectattr('source_name', 'equalto', 'ingestion_raw_data') | list -%}
        {%- do adapter.create_schema(api.Relation.create(database=(target.database or none), schema='ingestion_raw_data')) -%}
        {%- for table in tables -%}
            {%- set columns = [] -%}
            {%- for column in table.columns.values() -%}
                {%- do columns.append(adapter.quote(column.name) ~ ' ' ~ contract_type(column.data_type)) -%}
            {%- endfor -%}
            {%- set ddl -%}
                create table if not exists ingestion_raw_data.{{ table.identifier }} (
                    {{ columns | join(', ') }},
                    _batch_id {{ contract_type('bigint') }},
                    _loaded_at {{ contract_type('timestamp') }},
                    _source_file {{ contract_type('text') }},
                    _source_row {{ contract_type('bigint') }}
                )
            {%- endset -%}
            {%- do run_query(ddl) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
