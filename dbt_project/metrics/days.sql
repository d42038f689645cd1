select day::date as day
from generate_series(timestamp '2000-01-01', (current_date + interval '1 year'), interval '1 day') as day
