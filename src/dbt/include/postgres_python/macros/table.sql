{#- SQL as in dbt-postgres; Python by submit_python_job. Both swap by rename in one transaction. -#}
{% materialization table, adapter='postgres_python', supported_languages=['sql', 'python'] %}
    {%- if model['language'] == 'sql' -%}
        {{ return(dbt.materialization_table_default()) }}
    {%- endif -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set draft = make_intermediate_relation(target) -%}
    {%- set outgoing = make_backup_relation(target, 'table' if existing is none else existing.type) -%}
    {{ drop_relation_if_exists(load_cached_relation(draft)) }}
    {{ drop_relation_if_exists(load_cached_relation(outgoing)) }}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main', language='python') -%}
{{ compiled_code }}
target_relation = {{ (draft | string) | tojson }}
    {%- endcall -%}
    {%- do create_indexes(draft) -%}
    {%- if existing is not none -%}
        {%- do adapter.rename_relation(existing, outgoing) -%}
    {%- endif -%}
    {%- do adapter.rename_relation(draft, target) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(target, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=True)) -%}
    {%- do persist_docs(target, model) -%}
    {%- do adapter.commit() -%}
    {{ drop_relation_if_exists(outgoing) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
