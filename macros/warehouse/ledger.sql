{#-
    The ledger builds.relations: of which state of the feeds each relation is, so that a partial build is never published as
    if it were whole. A state is the newest batch of bronze and a hash of all variables; what is built from relations of
    different states, or with other variables than they, is `mixed`. A build marks what it is about to build before it begins:
    where it is killed, the marks stay, and nobody takes old for new.
-#}
{% macro open_ledger() -%}
    {%- if not execute or flags.WHICH not in ('build', 'run') -%}{{ return('') }}{%- endif -%}
    {%- set rows = read_ledger() -%}
    {%- for id in selected_resources if id.startswith('model.') -%}
        {%- set relation = ledger_name(graph.nodes[id]) -%}
        {%- do rows.update({relation: [rows.get(relation, ['unknown'])[0], true]}) -%}
    {%- endfor -%}
    {%- do rows.update({'bronze': [feeds_state(), false]}) -%}
    {{ return(write_ledger(rows)) }}
{%- endmacro %}

{% macro close_ledger(results) -%}
    {%- if not execute or flags.WHICH not in ('build', 'run') -%}{{ return('') }}{%- endif -%}
    {%- set rows = read_ledger() -%}
    {#- a feed that came while models were built is in some of them and not in others -#}
    {%- set feeds = feeds_state() -%}
    {%- set now = feeds if rows.get('bronze', [''])[0] == feeds else 'mixed' -%}
    {%- for result in results if result.node.resource_type == 'model' -%}  {#- parents come before what reads them -#}
        {%- set relation = ledger_name(result.node) -%}
        {%- if result.status == 'success' -%}
            {%- set state = state_of_parents(result.node, rows, now) -%}
            {%- set other_variables = ':' in state and state.split(':')[1] != feeds.split(':')[1] -%}
            {%- do rows.update({relation: ['mixed' if other_variables else state, false]}) -%}
        {%- else -%}
            {%- do rows.update({relation: [rows.get(relation, ['unknown'])[0], false]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(write_ledger(rows)) }}
{%- endmacro %}

{#- The one state of all that a node reads: `constant` where it reads no feed, `mixed` where there are several. -#}
{% macro state_of_parents(node, rows, now) -%}
    {%- set found = [] -%}
    {%- for id in node.depends_on.nodes -%}
        {%- if id.startswith('source.') -%}
            {%- do found.append(now) -%}
        {%- elif id.startswith('model.') -%}
            {%- set parent = graph.nodes[id] -%}
            {%- if parent.config.materialized in ('view', 'ephemeral') -%}  {#- says what its own parents say now -#}
                {%- do found.append(state_of_parents(parent, rows, now)) -%}
            {%- else -%}
                {%- do found.append(rows.get(ledger_name(parent), ['unknown'])[0]) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set states = found | reject('equalto', 'constant') | unique | list -%}
    {{ return('mixed' if states | length > 1 else (states | first | default('constant'))) }}
{%- endmacro %}

{% macro ledger_name(node) -%}{{ return(node.schema ~ '.' ~ node.alias) }}{%- endmacro %}

{#- The newest batch that brought rows to bronze, and the variables: what a build that begins now is made from. -#}
{% macro feeds_state() -%}
    {%- set batch = none -%}
    {%- if is_known_relation('ingestion_raw_data', '_batches') -%}
        {%- set brought = 'select max(_batch_id) from ingestion_raw_data._batches where rows_accepted > 0' -%}
        {%- set batch = run_query(brought).columns[0].values()[0] -%}
    {%- endif -%}
    {{ return((batch | default(0, true) | int) ~ ':' ~ all_variables_hash()) }}
{%- endmacro %}

{% macro read_ledger() -%}
    {%- set rows = {} -%}
    {%- for row in run_query('select relation, state, is_building from builds.relations').rows -%}
        {%- do rows.update({row[0]: [row[1], row[2]]}) -%}
    {%- endfor -%}
    {{ return(rows) }}
{%- endmacro %}

{% macro ledger_values(rows) -%}
    {%- for relation, (state, is_building) in rows | dictsort -%}
        ('{{ relation }}', '{{ state }}', {{ 'true' if is_building else 'false' }}){{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Hash of what every variable is in this build, given or not; tests/conventions holds the list against dbt_project.yml. -#}
{% macro all_variables_hash() -%}
    {%- set values = [] -%}
    {%- for name in [
        'activity_days',
        'as_of',
        'behavior_months',
        'branch_far_km',
        'branch_near_km',
        'card_loss_rate',
        'card_spread_rate',
        'churn_horizon_months',
        'churn_miss_cost',
        'churn_window_months',
        'cluster_minimum_purchases',
        'compromise_days',
        'confidence',
        'credit_score_cutoff',
        'debt_to_income_limit',
        'default_loss_rate',
        'default_miss_cost',
        'deposit_spread_rate',
        'discount_rate',
        'driver_minimum_events',
        'first_year',
        'fiscal_year_start_month',
        'fraud_forecast_days',
        'fraud_history_days',
        'holiday_country',
        'include_pii',
        'instalment_tolerance_amount',
        'interchange_rate',
        'last_year',
        'limit_exposure_growth',
        'limit_loss_growth',
        'limit_step_share',
        'loan_spread_rate',
        'marketing_budget_amount',
        'marketing_channel_share',
        'marketing_months',
        'minimum_sample_count',
        'near_miss_points',
        'permutation_count',
        'random_seed',
        'recommendation_horizon_months',
        'reporting_currency',
        'retention_budget_amount',
        'retention_contact_share',
        'retention_horizon_months',
        'retry_hours',
        'scd2_tracked_columns',
        'snapshot_daily_days',
        'staffing_budget_amount',
        'staffing_hour_amount',
        'staffing_least_count',
        'staffing_lost_visit_amount',
        'staffing_patience_minutes',
        'staffing_served_share',
        'staffing_short_shift_share',
        'staffing_wait_minutes',
        'staffing_week_hours',
        'volume_forecast_days',
    ] -%}
        {%- do values.append([name, var(name) | string]) -%}
    {%- endfor -%}
    {{ return(local_md5(tojson(values))) }}
{%- endmacro %}
