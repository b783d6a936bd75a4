{#- Rank of a loyalty tier, so that Gold after Silver is an upgrade whatever the alphabet says. -#}
{% macro tier_rank(tier) -%}
    case {{ tier }} when 'Bronze' then 1 when 'Silver' then 2 when 'Gold' then 3 when 'Platinum' then 4 end
{%- endmacro %}
