{#-
    What the loader noticed in files that it loaded, counted.
    Grain: one row per feed and kind.
-#}
with remarks as (
    select * from {{ source('bronze_ledgers', '_remarks') }}
    -- one of a whole file, such as its encoding, is about no row
    where concerned_count > 0
)

select
    table_name as feed_name,
    kind as remark_kind,
    cast(sum(concerned_count) as bigint) as remarked_count,
    cast(min(_loaded_at) as date) as first_loaded_date
from remarks
group by table_name, kind
