"""The team's queue: its page, its fragments, saved views, and the same change to many tickets."""

from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, stream_with_context

from helpdesk.domain import bulk, desk, exports, paging, quarantine, reviews, saved_views
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.models.tickets import Ticket
from helpdesk.web import access, fragments, identity

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@blueprint.get("")
@access.team_only
def index():
    """The queue. ``?saved=`` is the address of a saved view."""
    me = identity.me()
    offered = desk.choices(me)
    return render_template(
        "desk/index.html",
        **queue(),
        views=desk.views(me),
        waiting_mail=quarantine.count(),
        agents=offered.agents,
        organizations=offered.organizations,
        forms_there=offered.forms,
        saved=offered.saved,
        ages=list(desk.AGES.items()),
        sorts=list(desk.SORTS.items()),
    )


@blueprint.get("/queue")
@access.team_only
def queue_fragment():
    return render_template("desk/_queue.html", **queue())


@blueprint.get("/views")
@access.team_only
def views_fragment():
    me = identity.me()
    offered = desk.choices(me)
    return render_template(
        "desk/_views.html",
        views=desk.views(me),
        waiting_mail=quarantine.count(),
        saved=offered.saved,
        filters=filters(),
    )


@blueprint.get("/export.csv")
@access.team_only
def export():
    """What the filters describe, as CSV, sent while it is read."""
    query, values = desk.matching(identity.me(), filters())
    lines = exports.of_query(identity.me(), query, paging.Order(((Ticket.id, True),)), values)
    first = next(lines)

    def pieces():
        yield first
        for piece in lines:
            db.session.rollback()  # no transaction stays open while a slow reader takes a page
            yield piece

    response = Response(stream_with_context(pieces()), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="queue.csv"'
    return response


@blueprint.post("/bulk")
@access.team_only
def change_many():
    """Set status, assignee and priority of the ticked tickets, and say how many changed."""
    numbers = [int(text) for text in request.form.getlist("tickets") if text.isdecimal() and len(text) < 19]
    try:
        outcome = bulk.change(
            numbers,
            actor=identity.me(),
            status=request.form.get("status", ""),
            assignee=request.form.get("assignee", ""),
            priority=request.form.get("priority", ""),
        )
    except Invalid as error:
        db.session.rollback()
        flash(error.sentence, "error")
        return fragments.go(back())
    db.session.commit()
    flash(outcome.sentence, "warning" if outcome.refused else "success")
    return fragments.go(back())


@blueprint.post("/views")
@access.team_only
def save_view():
    """Keep the filters of the page under a name."""
    chosen = {name: request.form.get(name, "") for name in desk.FILTERS}
    try:
        view = saved_views.save(
            request.form.get("name", ""), chosen, owner=identity.me(), shared="shared" in request.form
        )
    except Invalid as error:
        db.session.rollback()
        flash(error.sentence, "error")
        return fragments.go(address(desk.clean(chosen)))
    db.session.commit()
    flash(f"The view {view.name} is saved.", "success")
    return fragments.go(address(desk.clean(view.filters), saved=str(view.id)))


@blueprint.post("/views/<int:view_id>/delete")
@access.team_only
def delete_view(view_id: int):
    """Forget one of one's own views; admins also a shared one."""
    view = saved_views.find(identity.me(), view_id) if view_id < 2**63 else None
    if view is None:
        abort(404)
    saved_views.delete(view, actor=identity.me())
    db.session.commit()
    flash("The view is deleted.", "success")
    return fragments.go("/desk")


@blueprint.get("/remarks")
@access.team_only
def remarks():
    """What leads said about one's own tickets."""
    return render_template("desk/remarks.html", marks=reviews.remarks_for(identity.me()), words=reviews.WORDS)


@blueprint.post("/remarks")
@access.team_only
def remarks_read():
    """One has read them."""
    reviews.read(reviews.remarks_for(identity.me()), identity.me())
    db.session.commit()
    return redirect("/desk/remarks", 303)


def filters() -> dict[str, str]:
    """What the address asks for, and where in the list."""
    chosen = desk.clean(request.args)
    return chosen | {"after": request.args.get("after", "")[:400], "saved": request.args.get("saved", "")[:20]}


def queue() -> dict:
    """What desk/_queue.html needs."""
    chosen = filters()
    page = desk.desk_page(identity.me(), chosen, after=chosen["after"])
    return {
        "page": {
            "tickets": page.tickets,
            "next": address(chosen, after=page.next) if page.next else None,
            "previous": address(chosen, after=page.previous) if page.previous else None,
        },
        "filters": chosen,
    }


def address(chosen: dict[str, str], **more: str) -> str:
    """The queue under these filters."""
    wanted = {name: value for name, value in (chosen | {"after": ""} | more).items() if value}
    return "/desk" + (f"?{urlencode(wanted)}" if wanted else "")


def back() -> str:
    """The queue's page the form stood on."""
    wanted = request.form.get("back", "")
    return (access.safe_next(wanted) if wanted.startswith("/desk") else None) or "/desk"
