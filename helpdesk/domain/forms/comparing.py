"""What a version of a form lacks, and how it differs from the one before, in words for the admin who publishes it."""

from helpdesk.models.form import Field, FormVersion

KIND_WORDS = {
    "short_text": "Short text",
    "long_text": "Long text",
    "number": "Number",
    "date": "Date",
    "select": "One of several",
    "multi_select": "Any of several",
    "checkbox": "Checkbox",
    "person": "Person",
    "url": "Web address",
    "file": "File",
}


def troubles(version: FormVersion) -> list[str]:
    """What keeps a draft from being published, in sentences."""
    found = []
    before: dict[str, Field] = {}
    for field in sorted(version.fields, key=lambda field: field.position):
        controller = before.get(field.shown_if_key or "")
        if field.shown_if_key and controller is None:
            found.append(f"{field.label} depends on a field that does not come before it.")
        elif controller is not None:
            if asks_customer(field) and not asks_customer(controller):
                found.append(f"{field.label} depends on {controller.label}, which customers do not fill in.")
            wanted = field.shown_if_value
            if wanted and controller.kind in {"select", "multi_select"} and wanted not in controller.options:
                found.append(f"{field.label} waits for the answer “{wanted}”, which {controller.label} does not offer.")
        before[field.key] = field
    return found


def difference(old: FormVersion | None, new: FormVersion) -> list[str]:
    """What publishing ``new`` over ``old`` changes, in sentences; empty where nothing does."""
    before = {field.key: field for field in (old.fields if old else ())}
    after = {field.key: field for field in new.fields}
    told = [
        f"Adds “{field.label}” ({KIND_WORDS[field.kind].lower()})." for key, field in after.items() if key not in before
    ]
    told += [f"Removes “{field.label}”." for key, field in before.items() if key not in after]
    for key in (key for key in after if key in before):
        told += _changes(before[key], after[key])
    stayed = [key for key in before if key in after]
    if stayed != [key for key in after if key in before]:
        told.append("Changes the order of the fields.")
    return told


def asks_customer(field: Field) -> bool:
    """Whether customers see and fill this field when they file."""
    return field.customer_fills and not field.team_only


def _changes(old: Field, new: Field) -> list[str]:
    told = []
    if old.label != new.label:
        told.append(f"Renames “{old.label}” to “{new.label}”.")
    words = {
        "kind": lambda field: KIND_WORDS[field.kind].lower(),
        "required": lambda field: "required" if field.required else "optional",
        "team_only": lambda field: "only the team sees it" if field.team_only else "customers see it",
        "customer_fills": lambda field: "customers fill it in" if field.customer_fills else "only the team fills it in",
        "options": lambda field: ", ".join(field.options) or "no answers offered",
        "default": lambda field: f"default “{field.default}”" if field.default else "no default",
        "shown_if_key": _condition,
    }
    for say in words.values():
        if say(old) != say(new):
            told.append(f"“{new.label}”: {say(new)} (was: {say(old)}).")
    if (old.help, old.placeholder) != (new.help, new.placeholder):
        told.append(f"“{new.label}”: other words of help.")
    return told


def _condition(field: Field) -> str:
    if not field.shown_if_key:
        return "always shown"
    return f"shown if {field.shown_if_key} is {f'“{field.shown_if_value}”' if field.shown_if_value else 'answered'}"
