{#- Feeds whose events move the clock: staging relation and the day of the event, by feed. -#}
{% macro event_feeds() -%}
    {{ return({
        'transactions': ('stg_transactions', 'transaction_date'),
        'customer_interactions': ('stg_customer_interactions', 'interaction_date'),
        'account_events': ('stg_account_events', 'event_date'),
        'credit_applications': ('stg_credit_applications', 'application_date'),
        'fraud_alerts': ('stg_fraud_alerts', 'alert_date'),
        'loan_payments': ('stg_loan_payments', 'paid_date'),
        'risk_assessments': ('stg_risk_assessments', 'assessment_date'),
        'campaign_touches': ('stg_campaign_touches', 'touch_date'),
    }) }}
{%- endmacro %}

{#-
    The last day a feed tells of: that of its newest event, at most the clock. What lies after it is not zero but unknown.
    Without any event a feed ends nowhere, and the clock stands for it.
-#}
{% macro feed_end(last_event_date, as_of_date) -%}
    case
        when {{ last_event_date }} < {{ as_of_date }} then {{ last_event_date }}
        else {{ as_of_date }}
    end
{%- endmacro %}
