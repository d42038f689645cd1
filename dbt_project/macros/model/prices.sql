{% macro first_moment_of(day) -%}
    {#- The moment at which a day begins on the calendar of prices. -#}
    (({{ day }})::timestamp at time zone '{{ var("price_time_zone") }}')
{%- endmacro %}


{% macro holds_at(price, moment) -%}
    {#- A row with `valid_from` and `valid_to` (not included) holds at a moment. -#}
    {{ price }}.valid_from <= {{ moment }} and ({{ price }}.valid_to is null or {{ price }}.valid_to > {{ moment }})
{%- endmacro %}


{% macro price_of(variant_id, channel_scope, currency_code, moment, customer_number="''", quantity=1) -%}
    {#- `(select …)`: the row of effective_prices by which a variant is sold, at most one: that of the channel, else that of
        every channel; of the steps of quantity the highest that is reached. -#}
    (
        select *
        from {{ ref('effective_prices') }} as effective
        where effective.variant_id = {{ variant_id }}
            and effective.currency_code = {{ currency_code }}
            and effective.channel_scope in ({{ channel_scope }}, 'all')
            and effective.customer_number in ({{ customer_number }}, '')
            and effective.minimum_quantity <= {{ quantity }}
            and {{ holds_at('effective', moment) }}
        order by effective.customer_number = '', effective.channel_scope = 'all', effective.minimum_quantity desc
        limit 1
    )
{%- endmacro %}


{% macro said_of_a_price() -%}
    {#- A statement as `heard_of_a_price` takes it apart again, column by column. -#}
    row(
            version, rank, rule, price_amount, source_system, source_account, condition_number, channel_scope, customer_number,
            minimum_quantity, begins_at, ends_at
        )
{%- endmacro %}


{% macro heard_of_a_price(asked) -%}
    {#- `(select …)`: of everything that is `said` of an article what applies in a channel, to a customer, from a step of
        quantity on, at any time. -#}
    (
        select *
        from unnest({{ asked }}.said) as statement (
            version integer, rank integer, rule text, price_amount numeric, source_system text, source_account text,
            condition_number text, channel_scope text, customer_number text, minimum_quantity numeric,
            begins_at timestamptz, ends_at timestamptz
        )
        where statement.channel_scope in ({{ asked }}.channel_scope, 'all')
            and statement.customer_number in ({{ asked }}.customer_number, '')
            and statement.minimum_quantity <= {{ asked }}.minimum_quantity
    )
{%- endmacro %}
