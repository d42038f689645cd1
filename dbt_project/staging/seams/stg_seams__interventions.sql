select
    intervention_id,
    kind,
    subject,
    made_at
from {{ source('seam', 'interventions') }}
