{#-
    Keys and fingerprints were texts in earlier versions of the project. A fact that still has them is rebuilt whole, as with
    --full-refresh: this is dbt's own macro, which `is_incremental` and all materializations ask.
-#}
{% macro should_full_refresh() -%}
    {%- if dbt.should_full_refresh() -%}{{ return(true) }}{%- endif -%}
    {%- set endings = ('_key', '_fingerprint') -%}
    {%- if not execute or config.get('materialized') != 'incremental' or not has_old_keys(this, model.columns, endings) -%}
        {{ return(false) }}
    {%- endif -%}
    {%- do log(this ~ ': built by an earlier version, with keys of another type; all of it is built again', info=true) -%}
    {{ return(true) }}
{%- endmacro %}

{#- Whether the warehouse holds the relation with a key that is no number, where the YAML says it is one. -#}
{% macro has_old_keys(relation, documented, endings=('_key',)) -%}
    {%- set keys = [] -%}
    {%- for column in documented.values() if column.name.endswith(endings) and column.data_type == 'bigint' -%}
        {%- do keys.append(column.name) -%}
    {%- endfor -%}
    {%- if not keys -%}{{ return(false) }}{%- endif -%}
    {%- set stored = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
    {%- if stored is none -%}{{ return(false) }}{%- endif -%}
    {%- for column in adapter.get_columns_in_relation(stored) if column.name in keys -%}
        {%- if column.dtype | lower != 'bigint' -%}{{ return(true) }}{%- endif -%}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro %}

{#-
    At the start of a build, before it writes anything: what is built must not meet a relation with keys of another type. Asks
    for what models and tests read together with something selected; in a whole build all of it is.
-#}
{% macro refuse_old_neighbours() -%}
    {%- if not execute or flags.WHICH not in ('build', 'run') -%}{{ return('') }}{%- endif -%}
    {%- set neighbours = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'test') -%}
        {%- set together = [] -%}
        {%- for id in [node.unique_id] + node.depends_on.nodes if id.startswith('model.') -%}
            {%- do together.append(id) -%}
        {%- endfor -%}
        {%- for id in together if together | select('in', selected_resources) | list and id not in selected_resources -%}
            {%- do neighbours.append(graph.nodes[id]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set old = [] -%}
    {%- for node in neighbours | unique(attribute='unique_id') | sort(attribute='unique_id') -%}
        {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
        {%- if has_old_keys(relation, node.columns) -%}{%- do old.append(node.schema ~ '.' ~ node.alias) -%}{%- endif -%}
    {%- endfor -%}
    {%- if old -%}
        {%- do exceptions.raise_compiler_error(
            'an earlier version built ' ~ old | join(', ') ~ ', with keys of another type than what is selected, which is read'
            ~ ' together with it. Build everything once: fa build (or dbt build) without --select.'
        ) -%}
    {%- endif -%}
{%- endmacro %}
