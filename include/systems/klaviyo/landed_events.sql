{#- Events that the connector wrote since the moment `since` (null: all of them), by id, each with who did it, and with the
    campaign or flow that it belongs to. What a column of its own says of the event beside these stays in `properties`.
    Some connectors write property_value, some propertyvalue. Tables and columns: ../connector/tables.py. -#}
{%- set event = tables.row('event', 'event') -%}
{%- set person = tables.row('person', 'person') -%}
{%- set metric = tables.row('metric', 'metric') -%}
{%- set campaign = tables.row('campaign', 'campaign') -%}
{%- set flow = tables.row('flow', 'flow') -%}
{%- macro of(table, key) -%}
left join {{ tables.rows(table) }} as {{ table }} on {{ (table ~ '.id = event.' ~ key) if key in event.types else 'false' }}
{%- endmacro -%}

select
    jsonb_build_object(
        'id', {{ event('id') }},
        'name', coalesce({{ metric('name') }}, {{ event('type') }}),
        'occurredAt', {{ event.moment('datetime', 'timestamp') }},
        'syncedAt', {{ event.moment('_fivetran_synced') }},
        'deleted', {{ event.is_true('_fivetran_deleted') }},
        'personId', {{ event('person_id') }},
        'email', {{ person('email') }},
        'campaignId', {{ event('campaign_id') }},
        'campaignName', {{ campaign('name') }},
        'flowId', {{ event('flow_id') }},
        'flowName', {{ flow('name') }},
        'value', {{ event('property_value', 'propertyvalue') }},
        'currencyCode', {{ event('property_currency_code', 'propertycurrencycode') }},
        'sku', {{ event('property_sku', 'propertysku') }},
        'url', {{ event('property_url', 'propertyurl', 'property_page', 'propertypage') }},
        'properties', (
            select coalesce(jsonb_object_agg(told.key, told.value), '{}')
            from jsonb_each(to_jsonb(event)) as told
            where told.key like 'property%%' and told.value <> 'null'
        )
    )::text as document
from {{ tables.rows('event') }} as event
{{ of('person', 'person_id') }}
{{ of('metric', 'metric_id') }}
{{ of('campaign', 'campaign_id') }}
{{ of('flow', 'flow_id') }}
where %(since)s::timestamptz is null or event._fivetran_synced >= %(since)s::timestamptz
order by event.id
