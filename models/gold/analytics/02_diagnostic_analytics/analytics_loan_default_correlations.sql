{#-
    How default and the traits of loans and borrowers that go before it move together. Grain: one
    row per driver and other driver.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

matrix as (
    select * from {{ ref('int_default_correlations') }}
)

select
    matrix.driver,
    matrix.driver_label,
    matrix.other_driver,
    matrix.spearman_correlation,
    matrix.spearman_correlation_lower,
    matrix.spearman_correlation_upper,
    matrix.pair_count,
    matrix.loan_count,
    {{ coverage_pct() }} as coverage_pct,
    matrix.status,
    clock.as_of_date
from matrix
cross join clock
