"""Which right each page needs: one table. A page that is not listed answers nobody."""

from dataclasses import dataclass

from flask import Flask, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice.domain.permissions import may
from backoffice.views.landing import home_of
from backoffice.views.requests import current_actor as current_actor

PUBLIC = "public"
SIGNED_IN = "signed in"
STAFF_ENTRANCE = "desk.home"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Needs:
    """The right to look, and the right to change; None: that method is nobody's."""

    look: str | None
    change: str | None = None

    def of(self, method: str) -> str | None:
        return self.look if method in SAFE_METHODS else self.change


def screen(name: str, look: str, change: str | None = None, /, **verbs: Needs) -> dict[str, Needs]:
    """The pages of one Flask-Admin screen and its own verbs; stock pages it does not offer are nobody's."""
    editing = Needs(change, change)
    pages = {
        "index_view": Needs(look),
        "details_view": Needs(look),
        "export": Needs(look),
        "create_view": editing,
        "edit_view": editing,
        "delete_view": Needs(None),
        "ajax_lookup": Needs(change),
    }
    return {f"{name}.{page}": needs for page, needs in (pages | verbs).items()}


def verbs(right: str, *names: str) -> dict[str, Needs]:
    """Actions that ask on GET and act on POST, all behind one right."""
    return {name: Needs(right, right) for name in names}


ACCESS: dict[str, Needs] = {
    "static": Needs(PUBLIC),
    "font": Needs(PUBLIC),
    "admin.static": Needs(PUBLIC),
    "health.live": Needs(PUBLIC),
    "health.ready": Needs(PUBLIC),
    "health.health": Needs(PUBLIC),
    "health.metrics": Needs(PUBLIC),
    # Whoever sends proves it by a signature or a secret address.
    "webhooks.stripe": Needs(None, PUBLIC),
    "webhooks.stripe_by_host": Needs(None, PUBLIC),
    "webhooks.mpesa": Needs(None, PUBLIC),
    "webhooks.flutterwave": Needs(None, PUBLIC),
    # A session with its form token, or the token of a payment link: the page itself asks.
    "payments_api.mpesa": Needs(None, PUBLIC),
    "payments_api.flutterwave": Needs(None, PUBLIC),
    "payments_api.status": Needs(PUBLIC),
    # Anybody may book; what was typed is shown to the browser that typed it.
    "booking.page": Needs(PUBLIC),
    "booking.hold": Needs(None, PUBLIC),
    "booking.price": Needs(None, PUBLIC),
    "booking.again": Needs(None, PUBLIC),
    "booking.terms_page": Needs(PUBLIC),
    "booking.accept": Needs(None, PUBLIC),
    "booking.done": Needs(PUBLIC),
    "booking.calendar": Needs(PUBLIC),
    # Whoever has the link may pay.
    "pay.page": Needs(PUBLIC),
    "pay.start": Needs(None, PUBLIC),
    "pay.use_credit": Needs(None, PUBLIC),
    "pay.go": Needs(PUBLIC),
    "pay.back": Needs(PUBLIC),
    "pay.state": Needs(PUBLIC),
    # Places of dates that anybody may see.
    "live.places": Needs(PUBLIC),
    "live.stream": Needs(PUBLIC),
    # Whoever has the link may choose.
    "choice.page": Needs(PUBLIC),
    "choice.choose": Needs(None, PUBLIC),
    # Whoever has the link may name the places of its booking.
    "names.page": Needs(PUBLIC),
    "names.give": Needs(None, PUBLIC),
    # Whoever has a party's link may answer its offer; anybody may join.
    "waiting.join_page": Needs(PUBLIC),
    "waiting.join": Needs(None, PUBLIC),
    "waiting.joined": Needs(PUBLIC),
    "waiting.page": Needs(PUBLIC),
    "waiting.answered": Needs(PUBLIC),
    "waiting.accept": Needs(None, PUBLIC),
    "waiting.decline": Needs(None, PUBLIC),
    "waiting.leave": Needs(None, PUBLIC),
    # Anybody may ask for a course of their company; whoever has the link may answer its quote.
    "companies_public.form": Needs(PUBLIC),
    "companies_public.send": Needs(None, PUBLIC),
    "companies_public.thanks": Needs(PUBLIC),
    "companies_public.follow": Needs(PUBLIC),
    "companies_public.answer": Needs(None, PUBLIC),
    # What people agree to is for everybody to read.
    "terms.home": Needs(PUBLIC),
    "terms.current": Needs(PUBLIC),
    "terms.version": Needs(PUBLIC),
    # Whoever holds the paper may check it; whoever has the owner's link may download it.
    "verify.form": Needs(PUBLIC),
    "verify.by_number": Needs(None, PUBLIC),
    "verify.by_code": Needs(PUBLIC),
    "verify.logo": Needs(PUBLIC),
    "certificate.download": Needs(PUBLIC),
    # What the pages of the public site are made of.
    "picture.content": Needs(PUBLIC),
    "site.style": Needs(PUBLIC),
    "instructor.page": Needs(PUBLIC),
    "login.sign_in": Needs(PUBLIC),
    "login.sign_in_now": Needs(None, PUBLIC),
    "login.sign_out": Needs(None, PUBLIC),
    "login.forgotten": Needs(PUBLIC, PUBLIC),
    "login.reset": Needs(PUBLIC, PUBLIC),
    "login.invitation": Needs(PUBLIC, PUBLIC),
    "password.change": Needs(SIGNED_IN, SIGNED_IN),
    # The public site: whoever comes may look.
    "catalogue.home": Needs(PUBLIC),
    "catalogue.date_list": Needs(PUBLIC),
    "course.page": Needs(PUBLIC),
    "calendar.month": Needs(PUBLIC),
    "feeds.everything": Needs(PUBLIC),
    "feeds.of_course": Needs(PUBLIC),
    "feeds.of_venue": Needs(PUBLIC),
    "embed.script": Needs(PUBLIC),
    "embed.frame": Needs(PUBLIC),
    # Customers' own pages; the first of them lead to signing in.
    "my.home": Needs(PUBLIC),
    "my.sign_in": Needs(PUBLIC),
    "my.ask_link": Needs(None, PUBLIC),
    "my.sent": Needs(PUBLIC),
    "my.register": Needs(PUBLIC, PUBLIC),
    "my.enter": Needs(PUBLIC, PUBLIC),
    # Whoever has its link, or booked it and is signed in: the page itself asks.
    "my.booking": Needs(PUBLIC),
    "my.pay": Needs(None, PUBLIC),
    "my.calendar_file": Needs(PUBLIC),
    "my.certificate": Needs(PUBLIC),
    "my.booking_receipt": Needs(PUBLIC),
    "my.name_page": Needs(PUBLIC),
    "my.give_name": Needs(None, PUBLIC),
    "my.cancel_page": Needs(PUBLIC),
    "my.cancel": Needs(None, PUBLIC),
    "my.move_page": Needs(PUBLIC),
    "my.move": Needs(None, PUBLIC),
    "my.calendar_feed": Needs(PUBLIC),
    "my.payments": Needs("own.read"),
    "my.receipt": Needs("own.read"),
    "my.certificates": Needs("own.read"),
    "my.own_certificate": Needs("own.read"),
    "my.calendar": Needs("own.read"),
    "my.change_calendar": Needs(None, "own.read"),
    "my.profile": Needs("own.read"),
    "my.save_profile": Needs(None, "own.read"),
    "my.save_password": Needs(None, "own.read"),
    "my.end_password": Needs(None, "own.read"),
    "landing.my_dates": Needs("register.own"),
    "landing.tenant_list": Needs("tenant.operate"),
    "admin.index": Needs("booking.read"),
    "desk.home": Needs("booking.read"),
    "desk.queue_page": Needs("booking.read"),
    "desk.resolve": Needs(None, "booking.edit"),
    "desk.search_page": Needs("customer.read"),
    "desk.desk_page": Needs("desk.use"),
    "desk.find_callers": Needs("desk.use"),
    "desk.caller_card": Needs("desk.use"),
    "desk.find_company": Needs("desk.use"),
    "desk.company_card": Needs("desk.use"),
    "desk.add_note": Needs(None, "note.write"),
    "desk.dates": Needs("desk.use"),
    "desk.date_details": Needs("desk.use"),
    "desk.quote": Needs(None, "desk.use"),
    "desk.preview_mail": Needs(None, "booking.place"),
    "desk.book": Needs(None, "booking.place"),
    "desk.link_page": Needs("payment.take"),
    "desk.make_link": Needs(None, "payment.take"),
    "desk.link_state": Needs("payment.take"),
    "desk.mail_link": Needs(None, "payment.take"),
    "desk.send_prompt": Needs(None, "payment.take"),
    "desk.end_link": Needs(None, "payment.take"),
    "desk.confirmation_pdf": Needs("booking.read"),
    **screen(
        "users",
        "user.read",
        "user.edit",
        change_role=Needs("user.edit", "user.edit"),
        deactivate=Needs("user.edit", "user.edit"),
        reactivate=Needs("user.edit", "user.edit"),
        resend_invitation=Needs("user.edit", "user.edit"),
    ),
    **screen(
        "bookings",
        "booking.read",
        take_payment=Needs("payment.take", "payment.take"),
        request_refund=Needs("refund.request", "refund.request"),
        use_credit=Needs("payment.take", "payment.take"),
        move=Needs("booking.move", "booking.move"),
        **verbs("booking.cancel", "cancel", "cancel_places"),
        **verbs("message.send", "ask_names"),
        **verbs(
            "booking.edit", "confirm", "extend_hold", "name_attendee", "change_contact", "join", "set_company"
        ),
        # An instructor marks people on the register, and reads no bookings.
        **verbs("booking.edit", "mark_completed", "mark_no_show"),
    ),
    **screen(
        "courses",
        "catalogue.read",
        "catalogue.edit",
        **verbs("catalogue.edit", "archive", "restore"),
        picture=Needs(None, "catalogue.edit"),
        remove_picture=Needs(None, "catalogue.edit"),
    ),
    **screen(
        "course_types", "catalogue.read", "catalogue.edit", **verbs("catalogue.edit", "archive", "restore")
    ),
    **screen("venues", "catalogue.read", "catalogue.edit", **verbs("catalogue.edit", "archive", "restore")),
    **screen(
        "instructors",
        "catalogue.read",
        "catalogue.edit",
        **verbs("catalogue.edit", "archive", "restore"),
        **verbs("schedule.edit", "hours", "leave"),
        end_leave=Needs(None, "schedule.edit"),
        picture=Needs(None, "catalogue.edit"),
        remove_picture=Needs(None, "catalogue.edit"),
    ),
    **screen("companies", "customer.read", "customer.edit"),
    **screen(
        "schedules",
        "schedule.read",
        "schedule.edit",
        course_defaults=Needs("schedule.edit"),
        check_plan=Needs("schedule.edit"),
        **verbs("schedule.edit", "publish", "unpublish", "complete", "reopen", "cancel"),
        **verbs("refund.execute", "call_off"),
        **verbs("message.send", "remind"),
        choice=Needs("booking.move", "booking.move"),
        remind_one=Needs(None, "message.send"),
    ),
    **screen(
        "messages",
        "message.read",
        calendar=Needs("message.read"),
        **verbs("message.send", "resend", "mark_bounced"),
    ),
    **screen(
        "customers",
        "customer.read",
        "customer.edit",
        create_view=Needs(None),
        **verbs("note.write", "add_note"),
        **verbs("customer.edit", "archive", "restore"),
        **verbs("refund.execute", "adjust_credit"),
    ),
    **screen(
        "payments",
        "payment.read",
        "payment.take",
        edit_view=Needs(None),
        **verbs("payment.take", "allocate", "ask_gateway"),
        **verbs("refund.request", "request_refund"),
    ),
    # A manager approves what is above the limit; the service holds the line.
    **screen(
        "refunds",
        "refund.read",
        **verbs("refund.approve_large", "approve"),
        **verbs("refund.execute", "decline", "execute", "fail", "send", "acknowledge", "try_again"),
        progress=Needs("refund.read"),
    ),
    **screen("booking_groups", "booking.read"),
    **screen(
        "discount_codes", "discount.read", "discount.edit", **verbs("discount.edit", "archive", "restore")
    ),
    **screen("discount_rules", "discount.read", "discount.edit"),
    **screen("audit_events", "audit.read"),
    **screen("settings", "settings.read", "settings.edit", create_view=Needs(None)),
    "certificate_look.index_view": Needs("settings.read"),
    "certificate_look.logo": Needs("settings.read"),
    "certificate_look.specimen": Needs("settings.read"),
    "certificate_look.try_specimen": Needs(None, "settings.edit"),
    "certificate_look.save": Needs(None, "settings.edit"),
    "certificate_look.upload_logo": Needs(None, "settings.edit"),
    "certificate_look.remove_logo": Needs(None, "settings.edit"),
    **screen(
        "certificates",
        "certificate.read",
        paper=Needs("certificate.read"),
        run_view=Needs("certificate.read"),
        run_progress=Needs("certificate.read"),
        try_again=Needs(None, "certificate.issue"),
        **verbs("certificate.issue", "issue", "reissue", "confirm", "revoke"),
        **verbs("message.send", "mail"),
    ),
    "review.page": Needs(PUBLIC),
    "review.give": Needs(None, PUBLIC),
    **screen("reviews", "review.read", **verbs("review.moderate", "show", "hide")),
    **screen(
        "corporate_requests",
        "corporate.read",
        "corporate.edit",
        edit_view=Needs(None),
        **verbs("corporate.edit", "review", "assign", "quote", "correct", "reject", "reopen", "note"),
        **verbs("schedule.edit", "confirm"),
    ),
    **screen("gateway_events", "payment.read", **verbs("settings.edit", "replay", "set_aside")),
    "jobs.index_view": Needs("settings.read"),
    "jobs.details_view": Needs("settings.read"),
    "jobs.retry": Needs(None, "settings.edit"),
    "jobs.set_aside": Needs(None, "settings.edit"),
    "reconciliation.index_view": Needs("payment.read"),
    "reconciliation.details_view": Needs("payment.read"),
    "reconciliation.progress": Needs("payment.read"),
    "reconciliation.start": Needs(None, "refund.execute"),
    "gateways.index_view": Needs("settings.read"),
    "gateways.keys": Needs("settings.edit", "settings.edit"),
    "gateways.new_address": Needs("settings.edit", "settings.edit"),
    "gateways.address": Needs(None, "settings.edit"),
    "gateways.check": Needs(None, "settings.edit"),
    "gateways.register": Needs(None, "settings.edit"),
    "gateways.use": Needs(None, "settings.edit"),
    "gateways.rest": Needs(None, "settings.edit"),
    "series.index_view": Needs("schedule.read"),
    "series.details": Needs("schedule.read"),
    "series.publish": Needs(None, "schedule.edit"),
    **verbs("schedule.edit", "series.create", "series.change"),
    "site_look.index_view": Needs("settings.read"),
    "site_look.save": Needs(None, "settings.edit"),
    "site_look.publish": Needs(None, "settings.edit"),
    "site_look.unpublish": Needs(None, "settings.edit"),
    "site_look.upload": Needs(None, "settings.edit"),
    "site_look.remove_picture": Needs(None, "settings.edit"),
    "site_look.take_certificate_logo": Needs(None, "settings.edit"),
    "site_look.add_address": Needs(None, "settings.edit"),
    "site_look.make_primary": Needs(None, "settings.edit"),
    "site_look.remove_address": Needs(None, "settings.edit"),
    "waiting_lists.index_view": Needs("booking.read"),
    "waiting_lists.hours": Needs(None, "settings.edit"),
    "waiting_lists.date_view": Needs("booking.read"),
    "waiting_lists.add": Needs(None, "booking.place"),
    **verbs("booking.place", "waiting_lists.offer", "waiting_lists.remove"),
    "reminders.index_view": Needs("settings.read"),
    "reminders.rule_view": Needs("settings.read"),
    "reminders.review": Needs(None, "settings.edit"),
    "reminders.switch": Needs(None, "settings.edit"),
    **verbs("settings.edit", "reminders.create", "reminders.edit"),
    "wordings.index_view": Needs("settings.read"),
    "wordings.of_words": Needs("settings.read"),
    "wordings.editor": Needs("settings.read"),
    "wordings.try_it": Needs(None, "settings.read"),
    "wordings.save": Needs(None, "settings.edit"),
    "wordings.restore": Needs(None, "settings.edit"),
    "terms_texts.index_view": Needs("settings.read"),
    "terms_texts.version_view": Needs("settings.read"),
    "terms_texts.editor": Needs("settings.read"),
    "terms_texts.save": Needs(None, "settings.edit"),
    "terms_texts.try_it": Needs(None, "settings.read"),
    "terms_texts.publish": Needs("settings.edit"),
    "terms_texts.publish_now": Needs(None, "settings.edit"),
    "terms_texts.discard": Needs(None, "settings.edit"),
    "bulk_mails.details_view": Needs("message.read"),
    "bulk_mails.progress": Needs("message.read"),
    **verbs("message.send", "bulk_mails.create", "bulk_mails.edit"),
    "bulk_mails.try_it": Needs(None, "message.send"),
    "bulk_mails.test": Needs(None, "message.send"),
    "bulk_mails.send": Needs(None, "message.send"),
    "bulk_mails.stop": Needs(None, "message.send"),
    # Whose register it is, the service asks: an instructor has own dates only.
    "registers.page": Needs("register.mark"),
    "registers.save": Needs(None, "register.mark"),
    "registers.marks": Needs("register.mark"),
    "registers.save_marks": Needs(None, "register.mark"),
    "registers.worker": Needs("register.mark"),
    "registers.sheet": Needs("register.mark"),
    "registers.needs": Needs("register.mark"),
    "registers.substitute_page": Needs("register.mark"),
    "registers.substitute": Needs(None, "register.mark"),
    "registers.except_page": Needs("certificate.issue"),
    "registers.approve_exception": Needs(None, "certificate.issue"),
    "reports.index_view": Needs("report.read"),
    "reports.report_view": Needs("report.read"),
    "reports.rows_view": Needs("report.read"),
    "saved_reports.index_view": Needs("report.read"),
    "saved_reports.save": Needs("report.read", "report.read"),
    "saved_reports.end": Needs(None, "report.read"),
    "report_files.report_file": Needs("report.read"),
    "report_files.rows_file": Needs("report.read"),
    "imports.index_view": Needs("import.run"),
    "imports.upload": Needs(None, "import.run"),
    "imports.details_view": Needs("import.run"),
    "imports.progress": Needs("import.run"),
    "imports.confirm": Needs(None, "import.run"),
    "imports.check_again": Needs(None, "import.run"),
    "imports.refused": Needs("import.run"),
}


def allowed(endpoint: str, method: str = "GET") -> bool:
    """Whether whoever asks may use this page with this method."""
    needs = ACCESS.get(endpoint)
    right = needs.of(method) if needs else None
    if right is None:
        return False
    if right == PUBLIC:
        return True
    if not current_user.is_authenticated:
        return False
    return right == SIGNED_IN or may(current_user.role, right)


def set_up(app: Flask) -> None:
    app.before_request(check)


def check() -> Response | None:
    """Refuse what the table does not allow: signed out leads to the sign-in page, signed in to a plain no.

    The entrance of the back office is everybody's to try: who has no work there is led to their own first page.
    """
    if request.endpoint is None or allowed(request.endpoint, request.method):
        return None
    if request.endpoint in ACCESS and not current_user.is_authenticated:
        if request.method in SAFE_METHODS and not wants_json():
            page = "my.sign_in" if request.path.startswith("/my/") else "login.sign_in"
            return redirect(url_for(page, next=request.full_path.rstrip("?")))
        abort(401)
    if request.endpoint == STAFF_ENTRANCE:
        return redirect(home_of(current_user.role))
    return abort(403)


def wants_json() -> bool:
    """Whether a program asks: it gets an answer, not a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path.startswith("/api/") or best == "application/json"
