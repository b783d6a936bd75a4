{#-
    Visits and leavers of customers whose band of distance a branch changed, month by month around
    the change, and of those in the same state and band whose band stayed. All lived there and were
    customers when the year before began, or the known months did.
    Grain: one row per branch, month of change, state, bands before and after, and month.
-#}
with months as (
    select
        month_number,
        month_start_date,
        month_end_date,
        row_number() over (order by month_number nulls last) as place,
        count(*) over () as month_count
    from {{ ref('int_covered_months') }}
    where last_known_date = month_end_date
),

changes as (
    select * from {{ ref('int_branch_changes') }}
),

bands as (
    select * from {{ ref('int_customer_branch_bands') }}
),

customers as (
    select distinct
        customer_natural_key,
        signup_date
    from {{ ref('dim_customer') }}
    where is_current and signup_date is not null
),

leavers as (
    select * from {{ ref('int_customer_leavers') }}
),

visits as (
    select
        customer_natural_key,
        interaction_month,
        count(*) as visit_count
    from {{ ref('fact_customer_interactions') }}
    where location_key <> {{ unknown_key() }}
    group by customer_natural_key, interaction_month
),

events as (
    select distinct
        changes.branch_natural_key,
        changes.is_opening,
        changes.change_date,
        changes.state,
        changes.band_before_name,
        months.place,
        opening.month_start_date as start_date
    from changes
    inner join months on changes.change_date = months.month_start_date
    inner join months as opening on opening.place = greatest(months.place - 12, 1)
    where months.place >= 4 and months.place + 2 <= months.month_count
),

members as (
    select
        events.*,
        changes.band_name,
        changes.customer_natural_key,
        changes.band_until_date as until_date
    from events
    inner join changes
        on
            events.branch_natural_key = changes.branch_natural_key
            and events.change_date = changes.change_date
            and events.state = changes.state
            and events.band_before_name = changes.band_before_name
            and events.start_date >= changes.band_before_date
    union all
    select
        events.*,
        bands.band_name,
        bands.customer_id as customer_natural_key,
        bands.until_date
    from events
    inner join bands
        on
            events.state = bands.state
            and events.band_before_name = bands.band_name
            and events.start_date >= bands.first_date
            and events.change_date < bands.until_date
),

exposed as (
    select
        members.branch_natural_key,
        members.is_opening,
        members.change_date,
        members.state,
        members.band_before_name,
        members.band_name,
        members.customer_natural_key,
        months.place - members.place as event_month,
        months.month_number,
        leavers.left_date <= months.month_end_date as leaves
    from members
    inner join months
        on
            members.start_date <= months.month_start_date
            and members.place + 12 > months.place
            and members.until_date > months.month_end_date
    inner join customers
        on
            members.customer_natural_key = customers.customer_natural_key
            and members.start_date >= customers.signup_date
    left join leavers on members.customer_natural_key = leavers.customer_natural_key
    where leavers.left_date is null or leavers.left_date >= months.month_start_date
)

select
    exposed.branch_natural_key,
    exposed.is_opening,
    exposed.change_date,
    exposed.state,
    exposed.band_before_name,
    exposed.band_name,
    cast(exposed.event_month as integer) as event_month,
    count(*) as customer_count,
    cast(coalesce(sum(visits.visit_count), 0) as bigint) as visit_count,
    {{ count_if('exposed.leaves') }} as leaver_count
from exposed
left join visits
    on
        exposed.customer_natural_key = visits.customer_natural_key
        and exposed.month_number = visits.interaction_month
group by
    exposed.branch_natural_key, exposed.is_opening, exposed.change_date, exposed.state,
    exposed.band_before_name, exposed.band_name, exposed.event_month
