"""The seam pages: what an operator sees of the seams in a browser, and the forms for what people do about them.

A FastAPI application that knows nothing of Airflow: ``plugins/seam_pages.py`` mounts it on the api-server and tells it,
as a ``host.Host``, who is asking, what that person may do, and where the warehouse and the landing store are.

    application.py     the application: every page behind the same door
    host.py            what the host tells
    entrance.py        who comes in; what a form must show before anything is done
    headers.py         what browsers are told not to do with a page
    refusals.py        what a person sees who is not let in, asks for what is not there, or finds the warehouse down
    warehouse.py       a read-only look at the warehouse, and the workspace of interventions
    rendering.py       templates, all values escaped; wording.py: numbers and times as people read them
    plots.py           two weeks of a flow in small bars

    overview_page.py   one row per seam
    flow_page.py       everything about one flow
    letter_pages.py    dead letters: the list, one of them, and the four things to do about it
    gate_pages.py      outbound batches and publications: verdict, evidence, letting one out once
    runbook_page.py    docs/runbooks as pages
    trace_page.py      one thing through every step
    static_files.py    the stylesheet, the script and the icons below files/

Pages need neither a script nor anything from another server.
"""
