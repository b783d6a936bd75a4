{#-
    Where it is kept which rows of an incremental relation have news (macros/warehouse/news.sql): the keys of those to be made
    and of those to go in temporary tables of the node's own session. Engines without deletes replace partitions: there it is
    their list.
-#}
{% macro keep_news(partition, wanted, gone) -%}
    {{ return(adapter.dispatch('keep_news', 'financial_analytics')(partition, wanted, gone)) }}
{%- endmacro %}

{% macro default__keep_news(partition, wanted, gone) -%}
    {%- set counts = [] -%}
    {%- for kind, query in {'wanted': wanted, 'gone': gone}.items() -%}
        {%- do counts.append(run_query('select count(*) from ' ~ kept(kind, query)).columns[0].values()[0]) -%}
    {%- endfor -%}
    {%- do log(this ~ ': ' ~ counts[0] ~ ' rows are made, ' ~ counts[1] ~ ' go', info=true) -%}
    {%- set tables -%}
        select {{ partition }} as partition_value from {{ this.identifier }}__wanted
        union
        select {{ partition }} as partition_value from {{ this.identifier }}__gone
    {%- endset -%}
    {{ return({'partitions': listed_partitions(tables), 'rows': this.identifier ~ '__wanted'}) }}
{%- endmacro %}

{% macro spark__keep_news(partition, wanted, gone) -%}
    {%- set keys -%}
        select {{ partition }} as partition_value from ({{ wanted }}) as wanted
        union
        select {{ partition }} as partition_value from ({{ gone }}) as gone
    {%- endset -%}
    {{ return({'partitions': listed_partitions(keys)}) }}
{%- endmacro %}

{#- What a query returns, for a from clause: kept in a temporary table where there are some, asked again each time where not. -#}
{% macro kept(name, query) -%}
    {{ return(adapter.dispatch('kept', 'financial_analytics')(name, query)) }}
{%- endmacro %}

{% macro default__kept(name, query) -%}
    {%- set table = this.identifier ~ '__' ~ name -%}
    {%- do run_query(create_keys(table, query)) -%}
    {{ return(table) }}
{%- endmacro %}

{% macro spark__kept(name, query) -%}{{ return('(' ~ query ~ ')') }}{%- endmacro %}

{#- A temporary table of what a query returns, in place of the one that this session may have. -#}
{% macro create_keys(name, query) -%}
    {{ return(adapter.dispatch('create_keys', 'financial_analytics')(name, query)) }}
{%- endmacro %}

{% macro default__create_keys(name, query) -%}
    create or replace temporary table {{ name }} as {{ query }}
{%- endmacro %}

{% macro postgres__create_keys(name, query) -%}
    drop table if exists pg_temp.{{ name }};
    create temporary table {{ name }} as {{ query }};
    analyze {{ name }}
{%- endmacro %}
