{#-
    When customers first opened each product, up to the clock. Grain: one row per customer and
    product.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
    where is_current and not is_inferred and customer_natural_key is not null
),

products as (
    select * from {{ ref('dim_product') }}
    where product_key <> {{ unknown_key() }}
),

account_states as (
    select * from {{ ref('current_account') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    where is_current and not is_inferred
)

select
    accounts.customer_natural_key,
    products.product_natural_key,
    min(accounts.open_date) as open_date,
    -- the last account of the product is closed on this day; NULL while one is open
    case
        when count(*) = count(account_states.close_date) then max(account_states.close_date)
    end as close_date,
    min({{ days_between('customers.signup_date', 'accounts.open_date') }}) as joined_days
from accounts
inner join clock on accounts.open_date <= clock.as_of_date
inner join products on accounts.product_key = products.product_key
inner join customers on accounts.customer_natural_key = customers.customer_natural_key
left join account_states on accounts.account_natural_key = account_states.account_natural_key
group by accounts.customer_natural_key, products.product_natural_key
