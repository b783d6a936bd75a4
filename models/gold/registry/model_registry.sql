{#-
    Every trained model. Grain: one row per trained model.
-#}
{%- for name in trained_models() %}
{%- if not loop.first %}

union all

{% endif %}
select
    model_id,
    model_name,
    model_role,
    model_kind,
    target,
    status,
    is_served,
    horizon_months,
    train_start_date,
    train_end_date,
    validation_start_date,
    validation_end_date,
    out_of_time_start_date,
    out_of_time_end_date,
    train_count,
    train_event_count,
    threshold_rate,
    difference_statistic,
    difference_statistic_lower,
    difference_statistic_upper,
    data_fingerprint,
    code_fingerprint,
    model_json
from {{ ref('int_' ~ name ~ '_models') }}
{%- endfor %}
