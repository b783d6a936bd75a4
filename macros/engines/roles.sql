{#-
    Rights of the three roles, at the end of every build, where the server has them (docs/engines.md creates them):
    fa_loader writes bronze; fa_builder reads bronze and owns what it builds; analyst reads silver, gold and the ledger of
    builds, and neither bronze with its quarantine nor the vault. Nothing on engines without roles.
    Names stand alone in psql and BI tools: the database gets a search path, if its owner builds and it has none.
-#}
{% macro grant_roles() -%}
    {{ return(adapter.dispatch('grant_roles', 'financial_analytics')()) }}
{%- endmacro %}

{% macro default__grant_roles() -%}{%- endmacro %}

{% macro postgres__grant_roles() -%}
    {%- if not execute or flags.WHICH not in ('build', 'run') -%}{{ return('') }}{%- endif -%}
    {%- set query -%}
        select 'role', rolname from pg_roles where rolname in ('analyst', 'fa_loader', 'fa_builder')
        union all
        select 'database', datname from pg_database
        where
            datname = current_database()
            and pg_has_role(current_user, datdba, 'usage')
            and not exists (
                select 1 from pg_db_role_setting
                where
                    setdatabase = pg_database.oid and setrole = 0
                    and array_to_string(setconfig, ' ') like '%search_path=%'
            )
        union all
        select 'schema', nspname from pg_namespace
        where
            nspname in ('ingestion_raw_data', 'silver', 'silver_vault', 'gold', 'builds')
            and pg_has_role(current_user, nspowner, 'usage')
    {%- endset -%}
    {%- set found = run_query(query) -%}
    {%- set roles = found.rows | selectattr(0, 'equalto', 'role') | map(attribute=1) | list -%}
    {%- set schemas = found.rows | selectattr(0, 'equalto', 'schema') | map(attribute=1) | list -%}
    {%- set databases = found.rows | selectattr(0, 'equalto', 'database') | map(attribute=1) | list -%}
    {%- set statements = [] -%}
    {%- for database in databases -%}
        {%- do statements.append(
            'alter database ' ~ adapter.quote(database) ~ ' set search_path = "$user", public, gold, silver'
        ) -%}
    {%- endfor -%}
    {%- for schema in ['silver', 'gold', 'builds'] if schema in schemas and 'analyst' in roles -%}
        {%- do statements.append('grant usage on schema ' ~ schema ~ ' to analyst') -%}
        {%- do statements.append('grant select on all tables in schema ' ~ schema ~ ' to analyst') -%}
        {%- do statements.append('alter default privileges in schema ' ~ schema ~ ' grant select on tables to analyst') -%}
    {%- endfor -%}
    {%- for schema in ['ingestion_raw_data', 'silver_vault'] if schema in schemas -%}
        {%- do statements.append('revoke all on schema ' ~ schema ~ ' from public') -%}
        {%- if 'analyst' in roles -%}
            {%- do statements.append('revoke all on schema ' ~ schema ~ ' from analyst') -%}
            {%- do statements.append('revoke all on all tables in schema ' ~ schema ~ ' from analyst') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if 'ingestion_raw_data' in schemas -%}
        {%- if 'fa_loader' in roles -%}
            {%- do statements.append('grant usage on schema ingestion_raw_data to fa_loader') -%}
            {%- do statements.append(
                'grant select, insert on all tables in schema ingestion_raw_data to fa_loader'
            ) -%}
        {%- endif -%}
        {%- if 'fa_builder' in roles -%}
            {%- do statements.append('grant usage on schema ingestion_raw_data to fa_builder') -%}
            {%- do statements.append('grant select on all tables in schema ingestion_raw_data to fa_builder') -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(statements | join('; ')) }}
{%- endmacro %}
