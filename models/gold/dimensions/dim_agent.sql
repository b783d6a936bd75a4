{#-
    Agents who serve customers; no feed describes them, so they are what interactions tell.
    Grain: one row per agent, and the unknown one.
-#}
with interactions as {{ in_place() }}(
    select * from {{ ref('stg_customer_interactions') }}
    where agent_id is not null
),

agents as (
    select
        agent_id,
        cast(min(interaction_at) as date) as first_interaction_date,
        cast(max(interaction_at) as date) as last_interaction_date
    from interactions
    group by agent_id
),

branch_days as (
    select
        agent_id,
        branch_id,
        row_number() over (
            partition by agent_id order by count(*) desc nulls last, branch_id nulls last
        ) as branch_rank
    from interactions
    where branch_id is not null
    group by agent_id, branch_id
)

select
    {{ surrogate_key(['agents.agent_id']) }} as agent_key,
    agents.agent_id as agent_natural_key,
    agents.first_interaction_date,
    agents.last_interaction_date,
    case
        when branch_days.branch_id is null then {{ unknown_key() }}
        else {{ surrogate_key(["'branch'", 'branch_days.branch_id']) }}
    end as primary_branch_key,
    true as is_inferred
from agents
left join branch_days on agents.agent_id = branch_days.agent_id and branch_days.branch_rank = 1

union all

select
    {{ unknown_key() }} as agent_key,
    '-1' as agent_natural_key,
    cast(null as date) as first_interaction_date,
    cast(null as date) as last_interaction_date,
    {{ unknown_key() }} as primary_branch_key,
    true as is_inferred
