{#-
    What a table needs once it is written; a hook after every model. Nothing on engines that keep their own statistics.
    PostgreSQL: statistics, and indexes for what builds and readers look up: the key of a dimension and the entity it
    is a version of, the customers and accounts of a fact, by natural key, which finds all of an entity's history.
    None for the month that an increment replaces: it is one in dozens at best, read from front to back, and each row
    that is put in would pay for it.
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
    {%- for definition in index_definitions() if definition not in present -%}
        {#- without a name: the table that this one replaces is still there, with indexes of its own -#}
        {%- do statements.append('create index on ' ~ this ~ ' using ' ~ definition) -%}
    {%- endfor -%}
    {%- do statements.append('analyze ' ~ this) -%}
    {%- if not is_incremental() -%}
        {%- do statements.append('alter table ' ~ this ~ ' set (' ~ upkeep() | join(', ') ~ ')') -%}
    {%- endif -%}
    {{ return(statements | join('; ')) }}
{%- endmacro %}

{#-
    What is left to the server's own upkeep. By default it reads and rewrites each new table once more, to freeze its rows, and
    analyzes it again, while the build goes on: a quarter of what a build writes to the log, for tables that the next build
    replaces. Rows die only in an increment, and those it still clears away.
-#}
{% macro upkeep() -%}
    {%- if config.get('materialized') == 'table' -%}
        {{ return(['autovacuum_enabled = false']) }}
    {%- endif -%}
    {{ return(['autovacuum_vacuum_insert_threshold = -1', 'autovacuum_analyze_threshold = 2147483647']) }}
{%- endmacro %}

{#-
    Indexes of this model, as the server's catalogue spells them. The config `sorted_by` names columns in whose order a large
    fact is written: the smallest and largest value of every 32 pages then find one account's, in a quarter of two B-trees' time.
-#}
{% macro index_definitions() -%}
    {%- set sorted_by = config.get('sorted_by') -%}
    {%- if sorted_by -%}
        {{ return(['brin (' ~ sorted_by | join(', ') ~ ") WITH (pages_per_range='32', autosummarize='on')"]) }}
    {%- endif -%}
    {%- set columns = [] -%}
    {%- set name = this.identifier -%}
    {%- set documented = (model.columns or {}).keys() | list -%}
    {%- if name.startswith('dim_') -%}
        {%- for suffix in ('_key', '_natural_key') -%}
            {%- do columns.append(name[4:] ~ suffix) -%}
        {%- endfor -%}
    {%- elif name.startswith('fact_') -%}
        {%- do columns.extend(['customer_natural_key', 'account_natural_key']) -%}
    {%- endif -%}
    {%- set definitions = [] -%}
    {%- for column in columns | select('in', documented) | unique -%}
        {%- do definitions.append('btree (' ~ column ~ ')') -%}
    {%- endfor -%}
    {{ return(definitions) }}
{%- endmacro %}
