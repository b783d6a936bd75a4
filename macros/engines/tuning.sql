{#-
    What a table needs once it is written; a hook after every model. Nothing on engines that keep their own statistics.
    PostgreSQL: statistics, and indexes for what builds and readers look up: the key of a dimension and the entity it
    is a version of, the partition that an increment replaces, the customers and accounts of a fact.
-#}
{% macro tune_relation() -%}
    {{ return(adapter.dispatch('tune_relation', 'financial_analytics')()) }}
{%- endmacro %}

{% macro default__tune_relation() -%}{%- endmacro %}

{% macro postgres__tune_relation() -%}
    {%- if not execute or config.get('materialized') not in ('table', 'incremental') -%}{{ return('') }}{%- endif -%}
    {%- set statements = [] -%}
    {%- set query -%}
        select indexdef from pg_indexes where schemaname = '{{ this.schema }}' and tablename = '{{ this.identifier }}'
    {%- endset -%}
    {%- set present = run_query(query).columns[0].values() | join(' ') -%}
    {%- for column in indexed_columns() if '(' ~ column ~ ')' not in present -%}
        {#- without a name: the table that this one replaces is still there, with indexes of its own -#}
        {%- do statements.append('create index on ' ~ this ~ ' (' ~ adapter.quote(column) ~ ')') -%}
    {%- endfor -%}
    {%- do statements.append('analyze ' ~ this) -%}
    {{ return(statements | join('; ')) }}
{%- endmacro %}

{#- Columns of this model that get an index. -#}
{% macro indexed_columns() -%}
    {%- set columns = [] -%}
    {%- set name = this.identifier -%}
    {%- set documented = (model.columns or {}).keys() | list -%}
    {%- if config.get('unique_key') is string -%}{%- do columns.append(config.get('unique_key')) -%}{%- endif -%}
    {%- if name.startswith('dim_') -%}
        {%- for suffix in ('_key', '_natural_key') -%}
            {%- do columns.append(name[4:] ~ suffix) -%}
        {%- endfor -%}
    {%- elif name.startswith('fact_') -%}
        {%- do columns.extend(['customer_key', 'account_key']) -%}
    {%- endif -%}
    {{ return(columns | select('in', documented) | unique | list) }}
{%- endmacro %}
