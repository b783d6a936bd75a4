{#-
    How good every trained model is. Grain: one row per model, metric, split and segment.
-#}
{%- for name in trained_models() %}
{%- if not loop.first %}

union all

{% endif %}
select
    model_id,
    model_name,
    model_role,
    metric_name,
    split_name,
    segment_kind,
    segment_name,
    metric_value,
    metric_lower,
    metric_upper,
    coverage_pct,
    sample_count,
    event_count,
    status
from {{ ref('int_' ~ name ~ '_metrics') }}
{%- endfor %}
