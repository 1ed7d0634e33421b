"""
Seawall: shared defence against known illegal content.

Folders are the stations an upload passes, so reading order is import order:

    media        strangers' bytes become images and links
    signals      media become fingerprints that can be compared and shared
    index        which known fingerprints are near this one, exactly
    policy       the words decisions are made in: category, ground, measure, rule
    banks        what is known, and who vouches for it
    screening    an upload becomes a verdict
    exchange     what organisations tell each other about signals
    cases        what a person must decide
    sandbox      media and signals, run on strangers' bytes in processes that may die
    storage      remembering: SQLite or PostgreSQL, migrations
    partners     one module per outside exchange: its client, its words turned into ours
    delivery     messages leaving the building: webhooks, mail
    workflows    the stories, one module each, from beginning to end
    settings     frozen settings, from the environment and one TOML file
    decoders     the worker processes the settings ask for
    app          the one place where everything is put together
    web          the door for programs and browsers: parse, call one workflow, render
    cli          the door for people at a terminal: parse, call one workflow, render
    testing      what an extender's tests inherit

Under everything: access, audit, clock, collecting, errors, ids.
"""
