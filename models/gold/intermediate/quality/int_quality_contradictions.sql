{#-
    What facts and states say against themselves or each other. A check is one entry of the list;
    where it needs two relations, a CTE puts them together first.
    Grain: one row per check, feed and reason.
-#}
{%- set checks = [
    {
        'name': 'account_dates', 'feed': 'accounts', 'relation': ref('current_account'),
        'key': 'account_natural_key', 'reason': 'date_contradiction',
        'since': 'updated_at',
        'advice': 'ask the bank which date is right; an impossible closing is taken for none',
    },
    {
        'name': 'reported_balances', 'feed': 'accounts', 'relation': 'reported',
        'key': 'account_natural_key', 'since': 'reported_date', 'severity': 'error',
        'reason': "case when balance_status = 'differs'"
            ~ " then 'reported balance is not the rebuilt one' end",
        'advice': 'ask the bank which movements are missing; balances are those of the movements,'
            ~ ' and no interest is computed on them',
    },
    {
        'name': 'rebuilt_balances', 'feed': 'accounts', 'relation': 'reported',
        'key': 'account_natural_key', 'since': 'reported_date',
        'reason': "case when balance_status = 'not_rebuilt'"
            ~ " then 'no movements to rebuild it from' end",
        'advice': 'load the movements of these accounts; until then only the reported balance'
            ~ ' is known, not its history',
    },
    {
        'name': 'balance_days', 'feed': 'accounts', 'relation': 'reported',
        'key': 'account_natural_key', 'since': 'reported_date', 'severity': 'info',
        'reason': "case when balance_status = 'anchored' and reported_date > day_after_clock"
            ~ " then 'as of the load, later than all events' end",
        'advice': 'say of which day the balances are (balance_date, or fa ingest --extracted-at);'
            ~ ' if movements followed it, all history is shifted by them',
    },
    {
        'name': 'loan_payments', 'feed': 'loan_payments', 'relation': ref('fact_loan_payments'),
        'key': 'payment_id', 'reason': 'payment_contradiction', 'since': 'scheduled_date',
        'advice': 'ask for the missing date or amount; what is paid counts as paid on its due day',
    },
    {
        'name': 'instalments', 'feed': 'loan_payments', 'relation': ref('fact_loan_payments'),
        'key': 'payment_id', 'since': 'scheduled_date', 'severity': 'info',
        'reason': "case when paid_amount > 0 and settled_date is null and payment_contradiction is null"
            ~ " then 'paid in part' end",
        'advice': 'nothing, if the rest is still owed: days past due run until it is paid',
    },
    {
        'name': 'segments', 'feed': 'customer_segments_history', 'relation': 'segments',
        'key': 'customer_natural_key', 'since': 'effective_date',
        'reason': "case when customer_segment <> history_segment"
            ~ " then 'not the newest of its history' end",
        'advice': 'ask which of the two feeds is late; segments of customers are those of the'
            ~ ' customers feed',
    },
    {
        'name': 'campaign_counts', 'feed': 'marketing_campaigns',
        'relation': ref('fact_marketing_campaigns'), 'key': 'campaign_natural_key',
        'reason': "case when conversion_count > click_count then 'more conversions than clicks'"
            ~ " when click_count > impression_count then 'more clicks than impressions' end",
        'advice': 'ask how the campaign tool counts; its rates are above 100 per cent',
    },
    {
        'name': 'touches', 'feed': 'campaign_touches', 'relation': ref('fact_campaign_touches'),
        'key': 'touch_id', 'since': 'touch_at',
        'reason': "case when converted_at < touch_at then 'converted before the touch' end",
        'advice': 'ask which time is right; such a conversion is no effect of the touch',
    },
    {
        'name': 'applications', 'feed': 'credit_applications',
        'relation': ref('fact_credit_applications'), 'key': 'application_id',
        'since': 'application_date',
        'reason': "case when decision_date < application_date"
            ~ " then 'decided before it was made' end",
        'advice': 'ask which date is right; the days to a decision are negative',
    },
    {
        'name': 'alerts', 'feed': 'fraud_alerts', 'relation': ref('fact_fraud_alerts'),
        'key': 'alert_id', 'since': 'alert_at',
        'reason': "case when resolved_at < alert_at then 'resolved before it was raised' end",
        'advice': 'ask which time is right; the days to a resolution are negative',
    },
    {
        'name': 'regulatory_periods', 'feed': 'regulatory_reports',
        'relation': ref('fact_regulatory_reports'), 'key': 'report_id',
        'since': 'period_start_date',
        'reason': "case when period_end_date < period_start_date"
            ~ " then 'period ends before it starts' end",
        'advice': 'correct the period at the source; a regulator reads it',
    },
    {
        'name': 'prices', 'feed': 'exchange_rates', 'relation': ref('fact_transactions'),
        'key': 'transaction_id', 'since': 'transaction_date',
        'reason': "case when posted_amount is null then 'no rate for its currency' end",
        'severity': 'error',
        'advice': 'load exchange rates of the currency; the money is in no sum until then',
    },
] %}
with reported as (
    select
        accounts.account_natural_key,
        accounts.reported_date,
        accounts.balance_status,
        {{ add_days('clock.as_of_date', 1) }} as day_after_clock
    from {{ ref('current_account') }} as accounts
    cross join {{ ref('data_clock') }} as clock
    where accounts.balance_status <> 'not_reported'
),

history as (
    select * from {{ ref('fact_customer_segment_history') }}
    where is_current
),

customers as (
    select * from {{ ref('dim_customer') }}
    where is_current
),

segments as (
    select
        history.customer_natural_key,
        history.effective_date,
        history.customer_segment as history_segment,
        customers.customer_segment
    from history
    inner join customers on history.customer_natural_key = customers.customer_natural_key
)

{% for check in checks %}
{{ 'union all' if not loop.first }}
{{ quality_check(check.name, check.feed, check.relation, check.key, check.reason, check.advice,
    since=check.since, severity=check.severity or 'warning') }}
{% endfor %}
