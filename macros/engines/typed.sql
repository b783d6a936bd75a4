{#-
    PostgreSQL drops the precision of a decimal in CASE, UNION, aggregates and window functions. Whatever a model selects is
    therefore cast to the type that its YAML gives the column; where the type is that already, the planner drops the cast.
-#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {{ dbt.postgres__create_table_as(temporary, relation, typed_query(sql)) }}
{%- endmacro %}

{% macro postgres__create_view_as(relation, sql) -%}
    {{ dbt.default__create_view_as(relation, typed_query(sql)) }}
{%- endmacro %}

{#- A model's query with every documented column in its documented type. -#}
{% macro typed_query(sql) -%}
    {%- set documented = model.get('columns') or {} -%}
    {%- if not documented or not execute -%}{{ return(sql) }}{%- endif -%}
    {%- set columns = [] -%}
    {%- for column in get_column_schema_from_query(sql) -%}
        {%- set kind = documented.get(column.name, {}).get('data_type') -%}
        {%- if kind -%}
            {%- do columns.append('cast(' ~ column.quoted ~ ' as ' ~ contract_type(kind) ~ ') as ' ~ column.quoted) -%}
        {%- else -%}
            {%- do columns.append(column.quoted) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set query -%}
        select {{ columns | join(', ') }}
        from (
            {{ sql }}
        ) as untyped
    {%- endset -%}
    {{ return(query) }}
{%- endmacro %}

{#-
    An import that a query reads more than once: `events as {{ in_place() }}(select * from …)`. PostgreSQL stores the rows of a
    CTE that is read twice, all columns of them; in place it is read by the columns that are asked for and with the table's
    statistics. Not for imports of views, which would be computed twice, nor of relations of a few rows.
-#}
{% macro in_place() -%}
    {{ return(adapter.dispatch('in_place', 'financial_analytics')()) }}
{%- endmacro %}

{% macro default__in_place() -%}{{ return('') }}{%- endmacro %}
{% macro postgres__in_place() -%}{{ return('not materialized ') }}{%- endmacro %}
