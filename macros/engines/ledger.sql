{#- How the ledger of built relations is kept (macros/warehouse/ledger.sql), and how a relation is looked for in an on-run hook:
    adapter.get_relation would open a transaction there, in which what follows would be lost. -#}
{% macro create_ledger() -%}
    create table if not exists builds.relations (
        relation {{ contract_type('text') }}, state {{ contract_type('text') }}, is_building boolean
    )
    {{ ledger_layout() }}
{%- endmacro %}

{% macro ledger_layout() -%}
    {{ return(adapter.dispatch('ledger_layout', 'financial_analytics')()) }}
{%- endmacro %}

{% macro default__ledger_layout() -%}{%- endmacro %}

{% macro spark__ledger_layout() -%}using parquet{%- endmacro %}

{#- The statements that replace all rows of the ledger. -#}
{% macro write_ledger(rows) -%}
    {{ return(adapter.dispatch('write_ledger', 'financial_analytics')(rows)) }}
{%- endmacro %}

{% macro default__write_ledger(rows) -%}
    begin;
    delete from builds.relations;
    insert into builds.relations values {{ ledger_values(rows) }};
    commit
{%- endmacro %}

{% macro spark__write_ledger(rows) -%}
    insert overwrite table builds.relations values {{ ledger_values(rows) }}
{%- endmacro %}

{% macro is_known_relation(schema, name) -%}
    {{ return(adapter.dispatch('is_known_relation', 'financial_analytics')(schema, name)) }}
{%- endmacro %}

{% macro default__is_known_relation(schema, name) -%}
    {%- set query -%}
        select count(*) from information_schema.tables where table_schema = '{{ schema }}' and table_name = '{{ name }}'
    {%- endset -%}
    {{ return(run_query(query).columns[0].values()[0] > 0) }}
{%- endmacro %}

{% macro spark__is_known_relation(schema, name) -%}
    {{ return(run_query("show tables in " ~ schema ~ " like '" ~ name ~ "'").rows | length > 0) }}
{%- endmacro %}
