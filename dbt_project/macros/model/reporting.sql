{% macro reporting_rate_of(currency_code, day) -%}
    {#- `(select …)`: what one unit of a currency is worth in the reporting currency on a day, and of which day that
        rate is. Rates are not fixed every day: one holds for `reporting_rate_days` days, then there is none. -#}
    (
        select 1::numeric(24, 12) as reporting_rate, {{ day }} as rate_date
        where {{ currency_code }} = '{{ var("reporting_currency") }}'
        union all
        (
            select rate.reporting_rate, rate.rate_date
            from {{ ref('exchange_rates') }} as rate
            where rate.currency_code = {{ currency_code }}
                and {{ currency_code }} <> '{{ var("reporting_currency") }}'
                and rate.rate_date <= {{ day }}
                and rate.rate_date > {{ day }} - {{ var('reporting_rate_days') }}
            order by rate.rate_date desc
            limit 1
        )
    )
{%- endmacro %}


{% macro changed_rates() -%}
    {#- `(select …)`: currency and day of rates that came, changed or went since the last built build. -#}
    (
        select currency_code, rate_date
        from {{ ref('exchange_rates') }}
        where {{ changed_since_last_build('_build_id') }}
        union
        select currency_code, rate_date
        from {{ left_by(ref('exchange_rates'), {'currency_code': 'text', 'rate_date': 'date'}) }} as gone
    )
{%- endmacro %}


{% macro may_have_rate(row, rate) -%}
    {#- A row of a currency and a business date may be converted at a rate; both are aliases. -#}
    {{ row }}.currency_code = {{ rate }}.currency_code
            and {{ row }}.business_date >= {{ rate }}.rate_date
            and {{ row }}.business_date < {{ rate }}.rate_date + {{ var('reporting_rate_days') }}
{%- endmacro %}


{% macro in_reporting_currency(expression, rate) -%}
    {#- Money in the reporting currency; null where there is no rate. -#}
    {{ amount('(' ~ expression ~ ') * ' ~ rate) }}
{%- endmacro %}
