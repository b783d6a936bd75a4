{#-
    Assignments of campaigns up to the clock, contacted or held out, with what each customer did
    before and after. Grain: one row per touch.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

touches as (
    select * from {{ ref('fact_campaign_touches') }}
),

campaigns as (
    select * from {{ ref('dim_campaign') }}
    where campaign_key <> {{ unknown_key() }}
),

months as (
    select * from {{ ref('fact_customer_monthly_summary') }}
),

assigned as (
    select
        touches.touch_id,
        touches.campaign_key,
        touches.customer_natural_key,
        touches.touch_channel,
        coalesce(touches.is_holdout, false) as is_holdout,
        -- conversions after the clock have not happened yet
        coalesce(touches.is_converted, false)
        and coalesce(cast(touches.converted_at as date) <= clock.as_of_date, true)
            as is_converted,
        touches.conversion_amount,
        touches.touch_month
        - case when touches.touch_month % 100 = 1 then 89 else 1 end as previous_month_number,
        touches.touch_month
        + case when touches.touch_month % 100 = 12 then 89 else 1 end as next_month_number,
        clock.as_of_date
    from touches
    inner join clock on cast(touches.touch_at as date) <= clock.as_of_date
)

select
    assigned.touch_id,
    campaigns.campaign_natural_key,
    campaigns.campaign_name,
    {{ known_text('campaigns.campaign_type') }} as campaign_type,
    assigned.customer_natural_key,
    {{ known_text('assigned.touch_channel') }} as touch_channel,
    assigned.is_holdout,
    assigned.is_converted,
    {{ money(
        'case when assigned.is_converted then coalesce(assigned.conversion_amount, 0) else 0 end'
    ) }} as conversion_amount,
    previous.purchase_amount as previous_month_amount,
    later.purchase_amount as next_month_amount
from assigned
inner join campaigns on assigned.campaign_key = campaigns.campaign_key
left join months as previous
    on
        assigned.customer_natural_key = previous.customer_natural_key
        and assigned.previous_month_number = previous.summary_month
-- a month that is not over is not compared
left join months as later
    on
        assigned.customer_natural_key = later.customer_natural_key
        and assigned.next_month_number = later.summary_month
        and assigned.as_of_date >= later.month_end_date
