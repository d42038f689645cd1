select
    'adyen_sftp' as source_system,
    _account as source_account,
    merchant_account,
    batch_number,
    line_number,
    psp_reference,
    merchant_reference,
    coalesce(nullif(modification_merchant_reference, ''), merchant_reference) as payment_reference,
    modification_reference,
    payment_method as method,
    line_type as source_kind,
    -- The contract keeps the clock of the report as if it were UTC; the line says whose it is.
    (written_at at time zone 'UTC') at time zone time_zone as booked_at,
    (written_at at time zone 'UTC')::date as business_date,
    gross_currency_code,
    case
        when gross_currency_code is not null
        then {{ amount('coalesce(gross_credit_amount, 0) - coalesce(gross_debit_amount, 0)') }}
    end as gross_amount,
    exchange_rate,
    net_currency_code as currency_code,
    {{ amount('coalesce(net_credit_amount, 0) - coalesce(net_debit_amount, 0)') }} as net_amount,
    {{ amount('coalesce(commission_amount, 0) + coalesce(markup_amount, 0) + coalesce(scheme_fee_amount, 0) + coalesce(interchange_amount, 0)') }}
        as fee_amount,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'adyen_sftp__settlement_lines') }}
