"""The edges that speak HTTP: they translate, and commit once per unit of work."""

from flask import Flask

from backoffice.views import (
    access,
    answers,
    health,
    landing,
    language,
    login,
    look,
    metrics,
    navigation,
    password,
    probes,
    requests,
    security,
    webhooks,
)
from backoffice.views.admin import (
    bulk_mails,
    certificate_look,
    gateways,
    imports,
    jobs,
    reconciliation,
    register_admin,
    registers,
    reminders,
    report_files,
    reports,
    saved_reports,
    series,
    site_look,
    wordings,
)
from backoffice.views.admin.terms import blueprint as terms_texts
from backoffice.views.admin.waiting import blueprint as waiting_lists
from backoffice.views.api import payments as payments_api
from backoffice.views.desk import desk
from backoffice.views.public import (
    calendar,
    catalogue,
    certificate,
    choice,
    companies,
    counting,
    course,
    embed,
    feeds,
    finding_words,
    instructor,
    live,
    my,
    names,
    pay,
    picture,
    review,
    site,
    verify,
    waiting,
)
from backoffice.views.public.booking import blueprint as booking_pages
from backoffice.views.public.terms import blueprint as public_terms


def register(app: Flask) -> None:
    """Wire every page; the order is that of a request: who asks, may they, is the form theirs."""
    requests.set_up(app)
    access.set_up(app)
    security.set_up(app)
    answers.set_up(app)
    language.set_up(app)
    look.set_up(app)
    site.set_up(app)
    navigation.set_up(app)
    probes.set_up(app)
    metrics.set_up(app)
    app.register_blueprint(login.blueprint)
    app.register_blueprint(password.blueprint)
    app.register_blueprint(landing.blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(webhooks.blueprint)
    app.register_blueprint(pay.blueprint)
    app.register_blueprint(payments_api.blueprint)
    finding_words.set_up(app)
    app.register_blueprint(catalogue.blueprint)
    app.register_blueprint(course.blueprint)
    app.register_blueprint(calendar.blueprint)
    app.register_blueprint(feeds.blueprint)
    app.register_blueprint(embed.blueprint)
    app.register_blueprint(choice.blueprint)
    app.register_blueprint(booking_pages)
    app.register_blueprint(names.blueprint)
    app.register_blueprint(waiting.blueprint)
    app.register_blueprint(my.blueprint)
    app.register_blueprint(companies.blueprint)
    app.register_blueprint(public_terms)
    app.register_blueprint(verify.blueprint)
    app.register_blueprint(site.blueprint)
    counting.set_up(app)
    app.register_blueprint(picture.blueprint)
    app.register_blueprint(instructor.blueprint)
    app.register_blueprint(review.blueprint)
    app.register_blueprint(certificate.blueprint)
    live.set_up(app)
    app.register_blueprint(desk)
    app.register_blueprint(imports.blueprint)
    app.register_blueprint(reports.blueprint)
    app.register_blueprint(report_files.blueprint)
    app.register_blueprint(saved_reports.blueprint)
    app.register_blueprint(gateways.blueprint)
    app.register_blueprint(reconciliation.blueprint)
    app.register_blueprint(jobs.blueprint)
    app.register_blueprint(certificate_look.blueprint)
    app.register_blueprint(site_look.blueprint)
    app.register_blueprint(registers.blueprint)
    app.register_blueprint(reminders.blueprint)
    app.register_blueprint(waiting_lists)
    app.register_blueprint(wordings.blueprint)
    app.register_blueprint(terms_texts)
    app.register_blueprint(bulk_mails.blueprint)
    app.register_blueprint(series.blueprint)
    register_admin(app)
