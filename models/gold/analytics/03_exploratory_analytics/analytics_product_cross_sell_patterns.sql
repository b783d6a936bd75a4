{#-
    Which products customers hold together. Grain: one row per antecedent and consequent product.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

holdings as {{ in_place() }}(
    select * from {{ ref('int_customer_product_holdings') }}
),

customers as (
    select count(distinct customer_natural_key) as customer_count from holdings
),

products as (
    select
        product_natural_key,
        product_name,
        product_category,
        count(*) as holder_count
    from holdings
    group by product_natural_key, product_name, product_category
),

together as (
    select
        antecedents.product_natural_key as antecedent_product_natural_key,
        consequents.product_natural_key as consequent_product_natural_key,
        count(*) as both_holder_count
    from holdings as antecedents
    inner join holdings as consequents
        on antecedents.customer_natural_key = consequents.customer_natural_key
    where antecedents.product_natural_key <> consequents.product_natural_key
    group by antecedents.product_natural_key, consequents.product_natural_key
),

pairs as (
    select
        antecedents.product_natural_key as antecedent_product_natural_key,
        antecedents.product_name as antecedent_product_name,
        antecedents.product_category as antecedent_product_category,
        consequents.product_natural_key as consequent_product_natural_key,
        consequents.product_name as consequent_product_name,
        consequents.product_category as consequent_product_category,
        customers.customer_count,
        antecedents.holder_count as antecedent_holder_count,
        consequents.holder_count as consequent_holder_count,
        coalesce(together.both_holder_count, 0) as both_holder_count,
        -- in double: the product of four counts overflows an integer
        cast(customers.customer_count as {{ type_double() }}) as n,
        cast(antecedents.holder_count as {{ type_double() }}) as n_if,
        cast(consequents.holder_count as {{ type_double() }}) as n_then,
        cast(coalesce(together.both_holder_count, 0) as {{ type_double() }}) as n_both
    from products as antecedents
    inner join products as consequents
        on antecedents.product_natural_key <> consequents.product_natural_key
    cross join customers
    left join together
        on
            antecedents.product_natural_key = together.antecedent_product_natural_key
            and consequents.product_natural_key = together.consequent_product_natural_key
),

judged as (
    select
        pairs.*,
        case
            when n_if = n or n_then = n then 'no_variation'
            -- Cochran's rule: an expected count under five in any of the four cells
            when
                least(n_if, n - n_if) * least(n_then, n - n_then) / n < 5
                then 'insufficient_data'
            else 'ok'
        end as status
    from pairs
),

tested as (
    select
        judged.*,
        case when status = 'ok' then n_both * n / (n_if * n_then) end as lift,
        case
            when status = 'ok'
                then n * (n * n_both - n_if * n_then) * (n * n_both - n_if * n_then)
                    / (n_if * (n - n_if) * n_then * (n - n_then))
        end as chi_square_statistic
    from judged
),

-- delta method for a share of a multinomial sample; at independence 1/both - 1/if - 1/then + 1/n
spread as (
    select
        tested.*,
        {{ chi_square_1_p_value('chi_square_statistic') }} as chi_square_p_value,
        case
            when lift > 0
                then greatest(1 / n_both - 1 / n_if - 1 / n_then - 1 / n + 2 * lift / n, 0)
        end as log_lift_variance
    from tested
),

-- both orders of a pair are one test seen twice, so that ranks and total double alike
{{ benjamini_hochberg('spread', 'chi_square_p_value') }}

select
    adjusted.antecedent_product_natural_key,
    adjusted.antecedent_product_name,
    adjusted.antecedent_product_category,
    adjusted.consequent_product_natural_key,
    adjusted.consequent_product_name,
    adjusted.consequent_product_category,
    adjusted.customer_count,
    adjusted.antecedent_holder_count,
    adjusted.consequent_holder_count,
    adjusted.both_holder_count,
    adjusted.n_if * adjusted.n_then / adjusted.n as expected_both_count,
    adjusted.n_both / adjusted.n as support,
    {{ wilson_fraction_lower('adjusted.both_holder_count', 'adjusted.customer_count') }}
        as support_lower,
    {{ wilson_fraction_upper('adjusted.both_holder_count', 'adjusted.customer_count') }}
        as support_upper,
    adjusted.n_both / adjusted.n_if as confidence,
    {{ wilson_fraction_lower('adjusted.both_holder_count', 'adjusted.antecedent_holder_count') }}
        as confidence_lower,
    {{ wilson_fraction_upper('adjusted.both_holder_count', 'adjusted.antecedent_holder_count') }}
        as confidence_upper,
    adjusted.lift,
    adjusted.lift * exp(-{{ normal_quantile() }} * sqrt(adjusted.log_lift_variance)) as lift_lower,
    adjusted.lift * exp({{ normal_quantile() }} * sqrt(adjusted.log_lift_variance)) as lift_upper,
    adjusted.chi_square_statistic,
    cast(adjusted.chi_square_p_value as {{ type_double() }}) as chi_square_p_value,
    cast(adjusted.adjusted_p_value as {{ type_double() }}) as adjusted_p_value,
    cast(adjusted.status as {{ dbt.type_string() }}) as status,
    clock.as_of_date
from adjusted
cross join clock
