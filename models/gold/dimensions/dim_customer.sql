{#-
    Customers with their history (SCD Type 2). Grain: one row per customer and interval,
    inferred customers, the unknown one. What is only true now is in current_customer.
-#}
{%- if var('include_pii') -%}  {#- the YAML does not name what most warehouses must not have #}
{{ config(contract={'enforced': false}) }}
{% endif -%}
with versions as {{ in_place() }}(
    select * from {{ ref('stg_customers') }}
),

members as (
    {{ type2_members('customer', 'versions', 'customer_id', [
        (ref('stg_accounts'), 'customer_id'),
        (ref('stg_transactions'), 'customer_id'),
        (ref('stg_credit_applications'), 'customer_id'),
        (ref('stg_fraud_alerts'), 'customer_id'),
        (ref('stg_customer_interactions'), 'customer_id'),
        (ref('stg_loan_payments'), 'customer_id'),
        (ref('stg_account_events'), 'customer_id'),
        (ref('stg_customer_segments_history'), 'customer_id'),
        (ref('stg_regulatory_reports'), 'customer_id'),
        (ref('stg_risk_assessments'), 'customer_id'),
        (ref('stg_campaign_touches'), 'customer_id'),
    ]) }}
),

newest as (
    {{ newest_version('versions', 'customer_id') }}
),

{% if var('include_pii') -%}
persons as (
    {{ newest_version(ref('vault_customers'), 'customer_id') }}
),

{% endif -%}
places as (
    select * from {{ ref('int_city_places') }}
)

select
    members.customer_key,
    members.customer_natural_key,
    members.valid_from,
    members.valid_to,
    members.is_current,
    members.is_inferred,
    members.version_number,
    {{ versioned('customer', 'city') }},
    {{ versioned('customer', 'state') }},
    {{ versioned('customer', 'zip3') }},
    {{ versioned('customer', 'country') }},
    {{ versioned('customer', 'credit_score') }},
    {{ versioned('customer', 'annual_income_amount') }},
    {{ versioned('customer', 'employment_status') }},
    {{ versioned('customer', 'education_level') }},
    {{ versioned('customer', 'marital_status') }},
    {{ versioned('customer', 'dependent_count') }},
    {{ versioned('customer', 'home_ownership') }},
    {{ versioned('customer', 'customer_segment') }},
    {{ versioned('customer', 'life_stage') }},
    {{ versioned('customer', 'risk_segment') }},
    {{ versioned('customer', 'is_active') }},
    {{ versioned('customer', 'preferred_channel') }},
    {{ versioned('customer', 'is_marketing_opt_in') }},
    {{ versioned('customer', 'loyalty_tier') }},
    newest.signup_date,
    newest.acquisition_channel,
    newest.email_hash,
    newest.phone_hash,
    places.latitude,
    places.longitude,
    {% if var('include_pii') -%}
    persons.first_name,
    persons.last_name,
    persons.email,
    {% endif -%}
    attributes._batch_id
from members
left join versions as attributes
    on
        members.customer_natural_key = attributes.customer_id
        and members.updated_at = attributes.updated_at
left join newest on members.customer_natural_key = newest.customer_id
{% if var('include_pii') -%}
left join persons on members.customer_natural_key = persons.customer_id
{% endif -%}
left join places
    on
        lower({{ versioned('customer', 'city') }}) = places.city
        and {{ versioned('customer', 'state') }} = places.state
