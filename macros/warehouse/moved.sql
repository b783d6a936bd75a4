{#-
    At the end of a build: relations of models that earlier versions of the project kept in gold. They would stay as they were
    and go stale. Each goes once every model of the new schema is built there, and nothing else of gold is touched.
-#}
{% macro drop_moved_relations() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set moved = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
            | selectattr('schema', 'equalto', 'gold_intermediate') | list -%}
        {%- set missing = [] -%}
        {%- set left = [] -%}
        {%- for node in moved -%}
            {%- if adapter.get_relation(node.database, node.schema, node.alias) is none -%}
                {%- do missing.append(node.alias) -%}
            {%- endif -%}
            {%- do left.append(adapter.get_relation(node.database, 'gold', node.alias)) -%}
        {%- endfor -%}
        {%- for relation in left | reject('none') if not missing -%}
            {%- do adapter.drop_relation(relation) -%}
            {%- do log('dropped ' ~ relation ~ ': it is now built in gold_intermediate', info=true) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
