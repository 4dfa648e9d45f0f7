"""The mail forms: which mails are sent and when, and an organization's own From address."""

from wtforms import BooleanField, EmailField, RadioField, SelectField, TextAreaField
from wtforms.validators import Optional, ValidationError

from helpdesk.domain import email_address
from helpdesk.translation import lazy_gettext
from helpdesk.web.form_base import Form, WholeNumberField, to_choices
from helpdesk.web.settings.settings_form import SettingsForm, own_text_field

RATING_STYLES = [
    ("stars", lazy_gettext("One to five stars")),
    ("faces", lazy_gettext("Good or not good")),
    ("off", lazy_gettext("Do not ask")),
]


class MailForm(SettingsForm):
    """The system address, and which mails are sent."""

    system_email = EmailField(lazy_gettext("System address"), [Optional()])
    support_addresses = TextAreaField(
        lazy_gettext("Further addresses"),
        [Optional()],
        description=lazy_gettext("People may write to these as well. One a line."),
        render_kw={"rows": 2},
    )
    use_custom_from = BooleanField(
        lazy_gettext("Let organizations' own From addresses replace it"),
        description=lazy_gettext("Each is set under Addresses and their DNS, and needs the records shown there."),
    )
    mail_received = BooleanField(lazy_gettext("Tell the requester that a ticket was received"))
    mail_solved = BooleanField(lazy_gettext("Tell the requester when a ticket is solved"))
    received_text = own_text_field(lazy_gettext("Your words in the mail about a received ticket"))
    solved_text = own_text_field(lazy_gettext("Your words in the mail about a solved ticket"))
    closing_text = own_text_field(lazy_gettext("Your words in the warning before a ticket closes"))
    rating_style = RadioField(lazy_gettext("Ask how it went"), choices=to_choices(RATING_STYLES), validate_choice=False)
    mail_while_reading = BooleanField(lazy_gettext("Mail also somebody who has the ticket open right now"))
    mail_inline_images = BooleanField(lazy_gettext("Show small pictures inside mails"))
    mail_grouping_seconds = WholeNumberField(
        lazy_gettext("Wait for further answers, in seconds"),
        description=lazy_gettext("Answers in a burst then leave as one mail; 0 sends each at once."),
    )
    tickets_by_mail = BooleanField(
        lazy_gettext("File a ticket from a mail to the system address, a further address or an organization's own"),
        description=lazy_gettext("Only from people an organization lets in."),
    )
    mail_cc_follows = BooleanField(
        lazy_gettext("Let colleagues in Cc of a customer's mail follow the ticket"),
        description=lazy_gettext("Only people whom the ticket's organization lets in."),
    )

    def validate_system_email(self, field: EmailField) -> None:
        """Convert the address to its canonical form."""
        try:
            field.data = email_address.canonical_address(field.data.strip())
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def validate_support_addresses(self, field: TextAreaField) -> None:
        """Name the first address that is none."""
        for address in (field.data or "").replace(",", " ").split():
            try:
                email_address.canonical_address(address)
            except ValueError as error:
                raise ValidationError(f"{address}: {error}") from None


class SenderForm(Form):
    """An organization's own From address; an empty one removes it."""

    organization = SelectField(
        lazy_gettext("Organization"), validate_choice=False, render_kw={"blank": lazy_gettext("Choose one")}
    )
    from_address = EmailField(
        lazy_gettext("From address"), [Optional()], description=lazy_gettext("Empty goes back to the system address.")
    )
