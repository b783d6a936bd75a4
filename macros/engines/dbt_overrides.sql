{#-
    dbt's own cross-database macros where an engine's version is wrong (measured; docs/engines.md).
    `dispatch` in dbt_project.yml looks here first.
-#}

{#- Upstream gives NULL for timestamps without a zone and drops fractions of a second. -#}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd({{ datepart }}, {{ interval }}, cast({{ from_date_or_timestamp }} as timestamp))
{%- endmacro %}

{#- Boundaries crossed, as elsewhere; upstream counts whole months and hours. -#}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart | lower == 'day' -%}
        datediff({{ second_date }}, {{ first_date }})
    {%- else -%}
        timestampdiff(
            {{ datepart }},
            date_trunc('{{ datepart }}', {{ first_date }}), date_trunc('{{ datepart }}', {{ second_date }})
        )
    {%- endif -%}
{%- endmacro %}

{#- Upstream splits at a pattern and gives NULL past the end. -#}
{% macro spark__split_part(string_text, delimiter_text, part_number) -%}
    split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
{%- endmacro %}

{#- Upstream gives NULL past the end; other engines give ''. -#}
{% macro duckdb__split_part(string_text, delimiter_text, part_number) -%}
    split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
{%- endmacro %}

{#- Upstream ignores the order. -#}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- if limit_num -%}
        {{ exceptions.raise_compiler_error('listagg with a limit is not the same on every engine') }}
    {%- endif -%}
    listagg({{ measure }}, {{ delimiter_text }})
    {%- if order_by_clause %} within group ({{ order_by_clause }}){% endif %}
{%- endmacro %}

{#- Upstream asks twice for the columns of each relation, whose contract is kept already: a tenth of a small build. -#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {{ comment_on(relation, model, for_relation, for_columns) }}
{%- endmacro %}

{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
    {{ comment_on(relation, model, for_relation, for_columns) }}
{%- endmacro %}

{% macro comment_on(relation, model, for_relation, for_columns) -%}
    {%- if not config.get('contract').enforced -%}
        {{ return(dbt.default__persist_docs(relation, model, for_relation, for_columns)) }}
    {%- endif -%}
    {%- set statements = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- set described = dbt.string_literal(dbt.escape_single_quotes(model.description)) -%}
        {%- do statements.append('comment on ' ~ relation.type ~ ' ' ~ relation ~ ' is ' ~ described) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for name, column in model.columns.items() if column.description -%}
            {%- set described = dbt.string_literal(dbt.escape_single_quotes(column.description)) -%}
            {%- do statements.append('comment on column ' ~ relation ~ '.' ~ name ~ ' is ' ~ described) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if statements -%}
        {%- do run_query(statements | join('; ')) -%}
    {%- endif -%}
{%- endmacro %}
