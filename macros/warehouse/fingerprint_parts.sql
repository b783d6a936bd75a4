{#-
    What monthly summaries are made from, as parts of `month_fingerprints`. Each is dated where it begins to matter, no earlier: a
    version from the month its customer or account is there, though the first reaches back to 1900. What has an effect on all later
    months is cumulative.
-#}
{% macro summary_fingerprint_parts() -%}
    {%- set transactions -%}
        (
            select
                transaction_month,
                {{ number_print([
                    'customer_natural_key', date_key('transaction_date'), 'posted_amount * 100',
                    condition_bits(['is_declined', 'is_international', 'is_fraud', "channel in ('Online', 'Mobile')",
                           "transaction_type = 'Purchase'", "transaction_type = 'Fee'"]),
                ]) }} as row_print
            from {{ ref('fact_transactions') }}
            where
                customer_natural_key is not null
                and transaction_date <= (select as_of_date from {{ ref('data_clock') }})
        ) as transactions
    {%- endset -%}
    {%- set categories -%}
        (
            select
                posted.transaction_month,
                {{ number_print(['posted.customer_natural_key', 'names.category_print']) }} as row_print
            from {{ ref('fact_transactions') }} as posted
            inner join (
                select merchant_category, {{ value_print(['merchant_category']) }} as category_print
                from {{ ref('fact_transactions') }}
                group by merchant_category
            ) as names on posted.merchant_category = names.merchant_category
            where not posted.is_declined
        ) as categories
    {%- endset -%}
    {%- set balances -%}
        (
            select
                snapshot_month,
                {{ number_print(['customer_natural_key', 'account_natural_key', 'reporting_balance * 100']) }} as row_print
            from {{ ref('fact_account_daily_snapshot') }}
            where snapshot_date in (select last_known_date from {{ ref('int_covered_months') }})
        ) as balances
    {%- endset -%}
    {%- set holdings -%}
        (
            select
                {{ from_first_month('greatest(' ~ month_number('accounts.valid_from') ~ ', ' ~ month_number('spans.open_date') ~ ')') }}
                    as holding_month,
                {{ value_print([
                    'accounts.customer_natural_key', 'accounts.account_natural_key', 'accounts.valid_from', 'spans.open_date',
                    'accounts.account_status', 'accounts.product_natural_key',
                ]) }} as row_print
            from {{ ref('dim_account') }} as accounts
            inner join {{ ref('int_account_spans') }} as spans on accounts.account_natural_key = spans.account_natural_key
            where spans.open_date is not null
        ) as holdings
    {%- endset -%}
    {%- set closings -%}
        (
            select
                {{ from_first_month(month_number('close_date')) }} as closing_month,
                {{ number_print(['account_natural_key', date_key('close_date')]) }} as row_print
            from {{ ref('int_account_spans') }}
            where close_date is not null
        ) as closings
    {%- endset -%}
    {%- set firsts -%}
        (
            select customer_natural_key, min(summary_month) as first_month
            from {{ ref('int_customer_months') }}
            group by customer_natural_key
        )
    {%- endset -%}
    {%- set versions -%}
        (
            select
                greatest({{ month_number('customers.valid_from') }}, firsts.first_month) as version_month,
                {{ value_print(['customers.valid_from', 'customers.customer_key', 'customers.customer_segment']) }} as row_print
            from {{ ref('dim_customer') }} as customers
            inner join {{ firsts }} as firsts on customers.customer_natural_key = firsts.customer_natural_key
        ) as versions
    {%- endset -%}
    {%- set contacts -%}
        (
            select
                interaction_month,
                {{ value_print(['customer_natural_key', 'is_complaint', 'is_resolved', 'satisfaction_score']) }} as row_print
            from {{ ref('fact_customer_interactions') }}
        ) as contacts
    {%- endset -%}
    {{ return([
        {'relation': transactions, 'month': 'transaction_month', 'measures': ['row_print'], 'is_cumulative': true},
        {'relation': categories, 'month': 'transaction_month', 'measures': ['row_print']},
        {'relation': balances, 'month': 'snapshot_month', 'measures': ['row_print']},
        {'relation': holdings, 'month': 'holding_month', 'measures': ['row_print'], 'is_cumulative': true},
        {'relation': closings, 'month': 'closing_month', 'measures': ['row_print'], 'is_cumulative': true},
        {
            'relation': firsts ~ ' as firsts', 'month': 'first_month', 'is_cumulative': true,
            'measures': [number_print(['customer_natural_key', 'first_month'])],
        },
        {'relation': versions, 'month': 'version_month', 'measures': ['row_print'], 'is_cumulative': true},
        {'relation': contacts, 'month': 'interaction_month', 'measures': ['row_print']},
        {'relation': ref('int_covered_months'), 'month': 'month_number', 'measures': [date_key('last_known_date')]},
    ]) }}
{%- endmacro %}


{#- A month, or the first that there are events of. -#}
{% macro from_first_month(month) -%}
    greatest({{ month }}, (select min(month_number) from {{ ref('int_months') }}))
{%- endmacro %}


{#- Conditions as one number, a bit for each. -#}
{% macro condition_bits(conditions) -%}
    {%- set bits = [] -%}
    {%- for condition in conditions -%}
        {%- do bits.append('case when ' ~ condition ~ ' then ' ~ 2 ** loop.index0 ~ ' else 0 end') -%}
    {%- endfor -%}
    {{ return(bits | join(' + ')) }}
{%- endmacro %}
